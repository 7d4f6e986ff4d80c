"""Merging duplicates: the people of one ticket go over to another, and follow that one."""

from datetime import datetime

from sqlalchemy import select, update

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Ticket, TicketReport, TicketStatus
from itops.models.ticket import OPEN
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.tickets import limits
from itops.services.tickets.people import count_more
from itops.services.tickets.working import same, write_down


def merge(ticket: Ticket, into: Ticket, *, version: int, by: Actor, at: datetime) -> None:
    """Let `ticket` go on as `into`. Raise Conflict, Refused, or Invalid for one that can't be it.

    The caller has seen to it that both are within reach.
    """
    if ticket.merged_into_id == into.id:
        return
    same(ticket, version)
    if ticket.status not in OPEN:
        raise Refused("ticket.is_over")
    if into.id == ticket.id or into.status not in OPEN or into.is_demo != ticket.is_demo:
        raise Invalid("ticket.merge_wrong", field="into")
    before = auditing.facts(ticket)
    moved = list(
        db.session.scalars(select(TicketReport).where(TicketReport.ticket_id == ticket.id))
    )
    for report in moved:
        report.ticket_id, report.is_first = into.id, False
    earlier = update(Ticket).where(Ticket.merged_into_id == ticket.id)
    db.session.execute(earlier.values(merged_into_id=into.id))
    ticket.note("ticket.event.merged", by=by.name, at=at, n=into.id)
    ticket.enter(TicketStatus.MERGED, at=at)
    ticket.merged_into_id, ticket.announced_at = into.id, None
    limits.settle(ticket, limits.limits())
    write_down(ticket, "ticket.merged", before, by=by, at=at)
    count_more(into, len(moved), at=at)
    into.note("ticket.event.took_over", by=by.name, at=at, n=ticket.id, people=len(moved))
