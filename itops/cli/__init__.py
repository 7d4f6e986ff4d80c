"""The `itops` command: one module a group of commands."""

import sys

import click

from itops import __version__
from itops.cli import serving
from itops.config import terminal_language
from itops.errors import ItopsError
from itops.i18n import say


class Tool(click.Group):
    """A group whose commands end with one plain line when something is wrong."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ItopsError as error:
            click.echo(f"itops: {say(error.message, terminal_language())}", err=True)
            sys.exit(1)


@click.group(cls=Tool)
@click.version_option(__version__, package_name="itops", message="itops %(version)s")
def main() -> None:
    """Track the health, upkeep and backups of a hospital's computers and systems."""


for command in serving.COMMANDS:
    main.add_command(command)
