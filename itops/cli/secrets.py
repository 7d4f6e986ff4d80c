"""`itops secrets`: the keys that seal stored secrets."""

import click

from itops.cli.opening import opened
from itops.cli.printing import print_json, print_table, said, tell
from itops.db import db
from itops.services.secrets import sealed_rows, sealing


@click.group(short_help="List the keys; seal secrets with a new one.")
def secrets() -> None:
    """List the keys that seal stored secrets; seal all of them with a new one."""


@secrets.command("list", short_help="List the keys, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_keys(*, as_json: bool) -> None:
    """List the keys by their ids, the newest first, with how many secrets each has sealed."""
    with opened():
        counts = sealed_rows.by_key()
        here = [key.id.hex() for key in sealing.keyring().there()]
    rows = [{"key": name, "is_here": True, "secrets": counts.pop(name, 0)} for name in here]
    rows += [{"key": name, "is_here": False, "secrets": n} for name, n in counts.items()]
    if as_json:
        print_json(rows)
        return
    heads = [said(f"cli.head.{head}") for head in ("key", "key_here", "secrets")]
    words = {True: said("cli.yes"), False: said("cli.key_missing")}
    print_table(heads, ((row["key"], words[bool(row["is_here"])], row["secrets"]) for row in rows))


@secrets.command(short_help="Seal every secret with a new key.")
def rotate() -> None:
    """Make a new key and seal every stored secret with it; a running server goes on.

    With ITOPS_MASTER_KEY: put the new key first in it, restart, then run this.
    """
    with opened() as here:
        done = sealed_rows.rotate(by=here.by, at=here.at)
        db.session.commit()
        sealed_rows.forget_old()
    tell("cli.rotated", n=done.rows, name=done.key_id)


COMMANDS = (secrets,)
