"""What time does to tickets: solved ones close by themselves, and the hospital's zone is kept."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from itops.config import Settings
from itops.db import db
from itops.models import ServiceTime, Ticket, TicketStatus
from itops.services.tickets.following import REOPENED_FOR

#: So many are closed between two commits.
AT_ONCE = 200


def close_solved(at: datetime, settings: Settings) -> Iterator[None]:
    """Close what has been solved for so long that no reporter reopens it. Yield after each piece.

    The zone in which service hours run follows the settings.
    """
    hours = db.session.scalars(select(ServiceTime)).one()
    if hours.zone != settings.time_zone:
        hours.zone = settings.time_zone
    yield
    while True:
        solved = select(Ticket).where(
            Ticket.status == TicketStatus.RESOLVED, Ticket.resolved_at < at - REOPENED_FOR
        )
        found = list(db.session.scalars(solved.order_by(Ticket.id).limit(AT_ONCE)))
        for ticket in found:
            ticket.move_to(TicketStatus.CLOSED, by="", at=at)
        yield
        if len(found) < AT_ONCE:
            return
