"""`itops checks`: remote checks as the terminal sees them, and having one look now."""

import time
from collections.abc import Sequence
from datetime import datetime

import click
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from itops.cli.opening import Opened, opened
from itops.cli.printing import message, print_json, print_table, said
from itops.clock import monotonic, utcnow
from itops.db import db, reading
from itops.errors import Message, Refused
from itops.models import Check
from itops.services.checking import register
from itops.services.checking.standing import Standing, standing

#: How often it is looked whether an answer is here.
PAUSE_SECONDS = 0.3


@click.group()
def checks() -> None:
    """List remote checks, worst first; have them look now."""


@checks.command("list", short_help="List checks, the worst first.")
@click.option("--state", type=click.Choice([one.name.lower() for one in Standing]), default=None)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_checks(*, state: str | None, as_json: bool) -> None:
    """List checks with the state that is shown and its reason, worst first."""
    with opened() as here:
        place = standing(here.at)
        statement = _whole().order_by(place, Check.name, Check.id)
        if state:
            statement = statement.where(place == int(Standing[state.upper()]))
        found = [_told(check, here.at) for check in db.session.scalars(statement)]
    _print(found, as_json=as_json)


@checks.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--wait", default=90, show_default=True, help="Seconds to wait for the answers.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def run(*, names: tuple[str, ...], wait: int, as_json: bool) -> None:
    """Have checks look now, by name or number, and print what they find.

    The server's background work carries them out; without one nobody does.
    """
    with opened() as here:
        ids = [_named(name).id for name in names]
        asked_at = utcnow()
        for check_id in ids:
            _ask(check_id, here, asked_at)
        db.session.commit()
        found = _answers(ids, asked_at, wait)
    _print(found, as_json=as_json)


def _ask(check_id: int, here: Opened, at: datetime) -> None:
    register.ask_now(
        db.session.scalars(select(Check).where(Check.id == check_id)).one(), by=here.by, at=at
    )


def _answers(ids: Sequence[int], asked_at: datetime, wait: int) -> list[dict[str, object]]:
    """Return what was found once all have been looked at. Raise Refused if that takes too long."""
    until = monotonic() + wait
    while monotonic() < until:
        with reading():
            rows = db.session.scalars(
                _whole().where(Check.id.in_(ids)).execution_options(populate_existing=True)
            ).all()
            told = [_told(row, utcnow()) for row in rows]
            are_done = all(row.checked_at and row.checked_at >= asked_at for row in rows)
            db.session.rollback()
        if are_done:
            return told
        time.sleep(PAUSE_SECONDS)
    raise Refused("cli.checks_unanswered", n=wait)


def _named(name: str) -> Check:
    """Return the one check with this number or name. Raise Refused for none or several."""
    wanted = Check.id == int(name) if name.isascii() and name.isdigit() else Check.name == name
    found = db.session.scalars(select(Check).where(wanted).limit(2)).all()
    if len(found) != 1:
        raise Refused("cli.several_checks" if found else "cli.no_check", name=name)
    return found[0]


def _whole() -> Select[Check]:
    return select(Check).options(joinedload(Check.asset), joinedload(Check.module))


def _told(check: Check, at: datetime) -> dict[str, object]:
    shown = check.shown(at)
    why = shown.reason
    if why is None and check.findings:
        why = Message.from_json(check.findings[0]["message"])
    return {
        "id": check.id,
        "name": check.name,
        "kind": check.kind,
        "state": shown.state.value,
        "is_hard": check.is_hard,
        "since_at": shown.since,
        "reason": message(why) if why else None,
        "asset": check.asset.tag if check.asset else None,
        "module": check.module.code if check.module else None,
        "address": check.address or (check.asset.ip_address if check.asset else None),
        "checked_at": check.checked_at,
        "due_at": check.due_at,
        "is_enabled": check.is_enabled,
        "is_demo": check.is_demo,
    }


def _print(found: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    heads = [said(f"cli.head.{head}") for head in ("number", "name", "state", "why", "last")]
    print_table(
        heads,
        (
            (
                row["id"],
                row["name"],
                said(f"state.{row['state']}"),
                row["reason"],
                row["checked_at"],
            )
            for row in found
        ),
    )


COMMANDS = (checks,)
