"""`itops tickets`: what is reported, for scripts and for a look from the terminal."""

from typing import Any

import click

from itops.cli.opening import Opened, opened
from itops.cli.printing import print_json, print_table, said
from itops.config import terminal_language
from itops.models import TicketStatus
from itops.models.ticket import NEVER
from itops.services.scoping import EVERYWHERE
from itops.services.tickets import listing
from itops.services.tickets.listing import ALL, OPEN, After, Line, Wanted

STATUSES = [OPEN, ALL, *(status.value for status in TicketStatus)]


@click.group()
def tickets() -> None:
    """Show what is reported."""


@tickets.command("list")
@click.option("--status", type=click.Choice(STATUSES), default=OPEN, show_default=True)
@click.option("--most", type=click.IntRange(1), default=500, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_tickets(*, status: str, most: int, as_json: bool) -> None:
    """List tickets: open ones in the order of work, others the newest first."""
    wanted = Wanted(status=status if status in {OPEN, ALL} else TicketStatus(status))
    with opened() as here:
        found = _lines(wanted, most, here)
    if as_json:
        print_json([_told(line) for line in found])
        return
    heads = ("number", "priority", "state", "what", "where", "person", "due")
    print_table(
        [said(f"cli.ticket.{head}") for head in heads],
        (
            (
                line.id,
                said(f"ticket.priority.{line.priority}"),
                said(f"ticket.status.{line.status}"),
                line.title or said(f"ticket.what.{line.what}"),
                " · ".join((*line.where, line.tag)),
                line.assignee,
                _due(line),
            )
            for line in found
        ),
    )


def _lines(wanted: Wanted, most: int, here: Opened) -> list[Line]:
    found: list[Line] = []
    after: After | None = None
    while len(found) < most:
        page = listing.page(
            wanted, within=EVERYWHERE, at=here.at, language=terminal_language(), after=after
        )
        found += page.lines
        if not page.has_next:
            break
        last = page.lines[-1]
        after = After(last.priority, last.next_due_at, last.id)
    return found[:most]


def _due(line: Line) -> Any:
    return None if line.next_due_at == NEVER else line.next_due_at


def _told(line: Line) -> dict[str, object]:
    return {
        "number": line.id,
        "status": line.status.value,
        "kind": line.kind.value,
        "what": line.what.value,
        "title": line.title or None,
        "priority": line.priority,
        "people": line.people,
        "opened_at": line.opened_at,
        "responded_at": line.responded_at,
        "next_due_at": _due(line),
        "assignee": line.assignee or None,
        "where": list(line.where),
        "asset": line.tag or None,
        "is_announced": line.is_announced,
        "is_demo": line.is_demo,
    }


COMMANDS = (tickets,)
