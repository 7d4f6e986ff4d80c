"""Known faults: what a reporter is shown before they report it again, and "me too"."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Invalid
from itops.models import Asset, Impact, Ticket
from itops.services.tickets.given import ME_TOO
from itops.services.tickets.opening import Reported, Reporter, add_report, known_report
from itops.services.tickets.people import count_more

#: So many are shown before the form; the newest outage is the likeliest.
MOST = 3


@dataclass(frozen=True)
class Where:
    """Where a reporter stands: at a device, or in a department."""

    site_id: int
    department_id: int | None = None
    asset: Asset | None = None


def known_faults(where: Where) -> list[Ticket]:
    """Return the open tickets of this device, and the outages that were announced there."""
    concerns = or_(
        Ticket.impact == Impact.HOSPITAL,
        Ticket.department_id.is_(None),
        Ticket.department_id == where.department_id,
    )
    there = Ticket.site_id == where.site_id
    announced = (
        select(Ticket)
        .where(Ticket.announced_at.is_not(None), Ticket.is_open, there, concerns)
        .options(joinedload(Ticket.module))
    )
    found = list(db.session.scalars(announced.order_by(Ticket.announced_at.desc()).limit(MOST)))
    if where.asset is not None:
        own = select(Ticket).where(Ticket.asset_id == where.asset.id, Ticket.is_open)
        rows = db.session.scalars(own.order_by(Ticket.id.desc()).limit(MOST))
        found += [one for one in rows if one not in found]
    return found[:MOST]


def me_too(where: Where, ticket_id: int | None, reporter: Reporter, *, at: datetime) -> Reported:
    """Put one more person behind a known fault. Raise Invalid if none is known by that number."""
    known = known_report(reporter.request_key)
    if known:
        return Reported(*known, is_new=False)
    ticket = next((one for one in known_faults(where) if one.id == ticket_id), None)
    if ticket is None:
        raise Invalid("report.not_known_here", field="ticket")
    try:
        with db.session.begin_nested():
            told = replace(reporter, department_id=where.department_id)
            made = add_report(ticket, told, is_first=False, at=at)
    except IntegrityError:
        known = known_report(reporter.request_key)
        if known is None:
            raise
        return Reported(*known, is_new=False)
    people = count_more(ticket, 1, at=at)
    stood_at = where.asset.id if where.asset else None
    ticket.note(ME_TOO, by=reporter.name, at=at, report_id=made.id, n=people, asset_id=stood_at)
    return Reported(ticket, made, is_new=True)
