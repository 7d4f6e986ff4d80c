"""The `itops` command: one module a group of commands."""

import os
import sys
from typing import NoReturn

import click
from sqlalchemy.exc import DatabaseError, OperationalError

from itops import __version__, sqlite
from itops.cli import (
    agents,
    audit,
    backups,
    checks,
    database,
    demo,
    doctor,
    hosts,
    orders,
    secrets,
    serving,
    settings,
    tickets,
    users,
)
from itops.config import terminal_language
from itops.errors import ItopsError, Message
from itops.i18n import say

#: What a command makes is its owner's: the database and its journals hold the whole hospital.
OWNER_ONLY = 0o077


class Tool(click.Group):
    """A group whose commands end with one plain line when something is wrong."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ItopsError as error:
            _end(error.message)
        except DatabaseError as error:
            reason = str(error.orig).splitlines()[0]
            if sqlite.is_broken(error.orig):
                _end(Message("start.damaged", {"answer": reason}))
            if not isinstance(error, OperationalError):
                raise
            _end(Message("cli.database", {"reason": reason}))


def _end(message: Message) -> NoReturn:
    click.echo(f"itops: {say(message, terminal_language())}", err=True)
    sys.exit(1)


@click.group(cls=Tool)
@click.version_option(__version__, package_name="itops", message="itops %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Track the health, upkeep and backups of a hospital's computers and systems.

    Exit codes: 0 done; 1 refused, or something is wrong here: one line on stderr says what;
    2 the command line itself is wrong. `itops doctor` and `itops audit verify` have their own: 0
    all is well, 1 warnings, 2 something is broken. With --json the answer, and nothing else, is on
    stdout.
    """
    before = os.umask(OWNER_ONLY)
    context.call_on_close(lambda: os.umask(before))


GROUPS = (
    *(serving, users, agents, hosts, checks, orders, tickets, demo),
    *(settings, secrets, database, backups, audit, doctor),
)

for group in GROUPS:
    for command in group.COMMANDS:
        main.add_command(command)
