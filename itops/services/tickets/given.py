"""What a reporter said themselves, of a ticket behind which others stand too."""

from dataclasses import dataclass

from sqlalchemy import select

from itops.db import db
from itops.models import Asset, Department, Ticket, TicketEvent, TicketReport, What

OPENED, ME_TOO = "ticket.event.opened", "ticket.event.me_too"


@dataclass(frozen=True)
class Given:
    """What, of which device, where; empty where the reporter said nothing of it."""

    what: What | None = None
    asset: Asset | None = None
    department: Department | None = None
    place: str = ""


def given_with(report: TicketReport, ticket: Ticket) -> Given:
    """Return what was said with a report, also after its ticket went on as another.

    The place of a ticket that went on as another is left out: the desk can black it out no more.
    """
    if report.is_first:
        return Given(ticket.what, ticket.asset, ticket.department, ticket.place)
    begun = db.session.scalar(
        select(TicketEvent)
        .where(TicketEvent.report_id == report.id, TicketEvent.key.in_((OPENED, ME_TOO)))
        .order_by(TicketEvent.id)
        .limit(1)
    )
    if begun is not None and begun.key == OPENED:
        own = db.session.get_one(Ticket, begun.ticket_id)
        return Given(own.what, own.asset, own.department)
    asset_id = begun.params.get("asset_id") if begun is not None else None
    asset = db.session.get(Asset, asset_id) if asset_id else None
    return Given(asset=asset, department=report.department)
