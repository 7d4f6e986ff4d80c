"""A ticket made of what somebody found out of order while they did a work order."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.models import Asset, Evidence, SystemModule, Ticket, TicketSource, What, WorkOrder
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.maintenance.findings import REMARK
from itops.services.scoping import Within
from itops.services.tickets.opening import Opening, open_ticket

Thing = TypeVar("Thing", Asset, SystemModule)


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

    A device that went out of reach since leaves the ticket where the order is; a module that did
    is not named.
    """
    asset = _reached(found.item.asset if found.item else order.asset, within)
    module = _reached(order.module, within)
    remark = str(found.facts.get(REMARK, ""))
    where: Asset | WorkOrder = asset or order
    return Opening(
        site_id=where.site_id,
        department_id=where.department_id,
        location_id=where.location_id,
        asset_id=asset.id if asset else None,
        module_id=module.id if module else None,
        finding_id=found.id,
        people=0,
        what=What.SOFTWARE if module else What.OTHER,
        title=(remark.partition("\n")[0] or _first_wrong(found) or order.number)[:200],
        text=remark,
        source=TicketSource.ORDER,
    )


def _first_wrong(found: Evidence) -> str:
    """Return what was asked where the answer is not as it should be; of old, none has a remark."""
    return next((str(one["text"]) for one in found.facts["answers"] if one["is_bad"]), "")


def _reached(thing: Thing | None, within: Within) -> Thing | None:
    """Return what the order is about, if whoever makes the ticket may name it in one."""
    if thing is None or not within.covers(site_id=thing.site_id, department_id=thing.department_id):
        return None
    return thing


def _of_finding(found: Evidence) -> Ticket | None:
    return db.session.scalar(select(Ticket).where(Ticket.finding_id == found.id))
