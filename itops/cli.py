"""The `itops` command."""

import click

import itops


@click.group()
@click.version_option(itops.__version__, package_name="itops")
def main() -> None:
    """Track the health, upkeep and backups of a hospital's computers and systems."""
