"""`itops orders`: the work orders, and making those that are due by hand."""

from zoneinfo import ZoneInfo

import click

from itops.cli.opening import opened
from itops.cli.printing import print_json, print_table, said, tell
from itops.db import db
from itops.models import WorkOrder
from itops.services.maintenance import evidence, making, order_list
from itops.services.maintenance.days import Now
from itops.services.maintenance.order_list import Line, Shelf, Wanted
from itops.services.scoping import EVERYWHERE


@click.group()
def orders() -> None:
    """List work orders; make those whose day has come."""


@orders.command("list")
@click.option(
    "--shelf",
    type=click.Choice([shelf.value for shelf in Shelf]),
    default=Shelf.TO_DO.value,
    help="Which orders.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_orders(*, shelf: str, as_json: bool) -> None:
    """List work orders, what is due first, first."""
    found: list[Line] = []
    with opened() as here:
        today = Now(here.at, ZoneInfo(here.settings.time_zone)).today
        wanted, after = Wanted(shelf=Shelf(shelf)), None
        while True:
            page = order_list.page(wanted, within=EVERYWHERE, today=today, after=after)
            found += page.lines
            if not page.has_next:
                break
            last = page.lines[-1].order
            after = (last.due_on, last.id)
        rows = [_told(line) for line in found]
    if as_json:
        print_json(rows)
        return
    heads = [said(f"cli.orders.{name}") for name in ("number", "due", "status", "name", "who")]
    print_table(
        heads,
        (
            (
                row["number"],
                row["due_on"],
                said(f"order.status.{row['status']}"),
                row["name"],
                row["assignee"],
            )
            for row in rows
        ),
    )


@orders.command(short_help="Make the orders whose day has come.")
def make() -> None:
    """Make the orders whose day has come, and close what machines prove: as the server does."""
    with opened() as here:
        now = Now(here.at, ZoneInfo(here.settings.time_zone))
        before = _count()
        for _ in making.make_due(now):
            db.session.commit()
        after: int | None = 0
        while after is not None:
            after = evidence.prove_all(now, after=after)
            db.session.commit()
        made = _count() - before
    tell("cli.orders.made", n=made)


def _count() -> int:
    return db.session.query(WorkOrder.id).count()


def _told(line: Line) -> dict[str, object]:
    order = line.order
    return {
        "number": order.number,
        "id": order.id,
        "name": order.name,
        "status": order.status.value,
        "kind": order.kind.value,
        "due_on": order.due_on.isoformat(),
        "done_at": order.done_at,
        "done_by": order.done_by or None,
        "proof": order.proof.value if order.proof else None,
        "is_disputed": order.is_disputed,
        "site": order.site.name,
        "asset": order.asset.tag if order.asset else None,
        "module": order.module.code if order.module else None,
        "assignee": order.assignee.name if order.assignee else None,
        "machines": line.total,
        "machines_done": line.done,
        "is_demo": order.is_demo,
    }


COMMANDS = (orders,)
