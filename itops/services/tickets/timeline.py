"""What stands on a ticket's page beside itself: its timeline, its people, and its neighbours."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Ticket, TicketEvent, TicketReport

#: So much of each stands on the page.
MOST_LINES, MOST_REPORTS, MOST_OTHERS = 100, 50, 5


def lines(ticket: Ticket, *, with_internal: bool) -> list[TicketEvent]:
    """Return a ticket's timeline, the newest first; notes among ourselves only for us."""
    found = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    if not with_internal:
        found = found.where(TicketEvent.is_public, TicketEvent.report_id.is_(None))
    return list(db.session.scalars(found.order_by(TicketEvent.id.desc()).limit(MOST_LINES)))


def reports(ticket: Ticket) -> list[TicketReport]:
    """Return who reported it, in the order in which they came."""
    found = (
        select(TicketReport)
        .where(TicketReport.ticket_id == ticket.id)
        .options(joinedload(TicketReport.department))
        .order_by(TicketReport.id)
    )
    return list(db.session.scalars(found.limit(MOST_REPORTS)))


def merged_into(ticket: Ticket) -> Ticket | None:
    """Return the ticket with which this one goes on, if it was the same."""
    return db.session.get(Ticket, ticket.merged_into_id) if ticket.merged_into_id else None


def same_device(ticket: Ticket) -> list[Ticket]:
    """Return the latest other tickets of the same device: duplicates, and what keeps coming."""
    if ticket.asset_id is None:
        return []
    found = select(Ticket).where(Ticket.asset_id == ticket.asset_id, Ticket.id != ticket.id)
    return list(db.session.scalars(found.order_by(Ticket.id.desc()).limit(MOST_OTHERS)))
