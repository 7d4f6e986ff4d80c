"""`itops db` and `itops search`: the schema, the database's soundness and the search index."""

from contextlib import AbstractContextManager, nullcontext

import click

from itops.cli.doctor import answer
from itops.cli.lock import hold
from itops.cli.opening import opened
from itops.cli.printing import print_json, tell
from itops.config import Settings
from itops.db import db
from itops.services import soundness, upgrading
from itops.services.archives import before_upgrade
from itops.services.doctor import database as doctor_database
from itops.services.search import finding as searching


@click.group("db", short_help="Upgrade the database, or look if it is whole.")
def database() -> None:
    """Upgrade the database by hand, or look whether it is whole."""


@database.command("upgrade", short_help="Bring the schema to this version.")
@click.option("--without-copy", is_flag=True, help="You have a copy: make none.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def upgrade_database(*, without_copy: bool, as_json: bool) -> None:
    """Bring the database to this version's schema, as `itops run` does when it starts.

    With SQLite the server must be stopped. A copy is made first (backups/ of the data folder), then
    all of it is done and checked, or nothing. Exit codes: 0 it is at this version now; 1 refused,
    nothing was changed.
    """
    with opened(needs_schema=False) as here, _alone(here.settings):
        soundness.refuse_damaged(db.engine)
        if without_copy:
            done = upgrading.upgrade(db.engine)
        else:
            done = before_upgrade.upgrade(db.engine, here.settings, at=here.at)
    revision = upgrading.newest_revision()
    copy = str(done.copy) if done and done.copy else None
    if as_json:
        before = done.before if done else revision
        print_json({"before": before, "revision": revision, "copy": copy})
    elif not done:
        tell("cli.db_is_newest", revision=revision)
    else:
        tell("cli.db_upgraded", before=done.before or "–", revision=revision)
        if copy:
            tell("cli.db_copy", file=copy)


def _alone(settings: Settings) -> AbstractContextManager[object]:
    """Keep servers of this folder out; PostgreSQL has a lock of its own."""
    return hold(settings.data_dir) if settings.is_sqlite else nullcontext()


@database.command("check", short_help="Read the whole database and say if it is whole.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def check_database(*, as_json: bool) -> None:
    """Read the whole database: schema, journal, room, integrity, references.

    Exit codes: 0 all is well; 1 warnings, for instance an upgrade that waits; 2 it is broken, or of
    a newer version.
    """
    with opened(needs_schema=False) as here:
        findings = list(doctor_database.examine(here.settings, thoroughly=True))
    answer(findings, as_json=as_json)


@click.group()
def search() -> None:
    """Mend the index behind the search."""


@search.command("rebuild")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def rebuild_search(*, as_json: bool) -> None:
    """Make the search index anew from the assets and hosts."""
    with opened():
        count = searching.rebuild()
        db.session.commit()
    if as_json:
        print_json({"things": count})
    else:
        tell("cli.search_rebuilt", n=count)


COMMANDS = (database, search)
