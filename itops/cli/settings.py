"""`itops settings`: what holds here, and where it was said."""

from urllib.parse import urlsplit, urlunsplit

import click

from itops import config
from itops.cli.printing import print_json, print_table, said
from itops.setting_sources import PREFIX


@click.command("settings", short_help="Print every setting and where it is from.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def settings(*, as_json: bool) -> None:
    """Print every setting's value and where it comes from; passwords are left out."""
    loaded = config.load()
    where = config.sources()
    rows: list[dict[str, object]] = []
    for variable, _default, about in config.described():
        name = variable.removeprefix(PREFIX).lower()
        value = without_password(str(getattr(loaded, name) or ""))
        value = config.HIDDEN if value and name in config.SECRETS else value
        rows.append({"name": variable, "value": value, "from": where.get(name), "about": about})
    if as_json:
        print_json(rows)
        return
    heads = [said(f"cli.head.{head}") for head in ("setting", "value", "from")]
    default = said("cli.default")
    print_table(heads, ((row["name"], row["value"], row["from"] or default) for row in rows))


def without_password(text: str) -> str:
    """Return an address with its password blotted out; all other text as it is."""
    parts = urlsplit(text) if "://" in text else None
    if parts is None or not parts.password:
        return text
    netloc = parts.netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=netloc))


COMMANDS = (settings,)
