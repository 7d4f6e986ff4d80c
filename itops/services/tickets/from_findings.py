"""A ticket made of what somebody found out of order while they did a work order."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.models import Asset, Evidence, Ticket, TicketSource, What, WorkOrder
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.maintenance.findings import REMARK
from itops.services.scoping import Within
from itops.services.tickets.opening import Opening, open_ticket


def open_from_finding(
    order: WorkOrder, found: Evidence, *, within: Within, by: Actor, at: datetime
) -> Ticket:
    """Return the ticket of a finding; pressed twice, it is the one that the first press opened."""
    ticket = _of_finding(found)
    if ticket is not None:
        return ticket
    try:
        with db.session.begin_nested():
            ticket = open_ticket(_opening(order, found, within), by=by.name, at=at)
            ticket.note("ticket.event.found", by=by.name, at=at, number=order.number)
    except IntegrityError:
        # The other press was quicker, on PostgreSQL in a transaction beside ours.
        ticket = _of_finding(found)
        if ticket is None:
            raise
        return ticket
    auditing.record("ticket.opened", ticket, by=by, at=at, after=auditing.facts(ticket))
    return ticket


def _opening(order: WorkOrder, found: Evidence, within: Within) -> Opening:
    """Return what the ticket says: the device with its place, and the finder's words.

    A device that went out of reach since leaves the ticket where the order is.
    """
    asset = found.item.asset if found.item else order.asset
    remark = str(found.facts.get(REMARK, ""))
    if asset and not within.covers(site_id=asset.site_id, department_id=asset.department_id):
        asset = None
    where: Asset | WorkOrder = asset or order
    return Opening(
        site_id=where.site_id,
        department_id=where.department_id,
        location_id=where.location_id,
        asset_id=asset.id if asset else None,
        module_id=order.module_id,
        finding_id=found.id,
        people=0,
        what=What.SOFTWARE if order.module_id else What.OTHER,
        title=(remark.partition("\n")[0] or f"{order.number} {order.name}")[:200],
        text=remark,
        source=TicketSource.ORDER,
    )


def _of_finding(found: Evidence) -> Ticket | None:
    return db.session.scalar(select(Ticket).where(Ticket.finding_id == found.id))
