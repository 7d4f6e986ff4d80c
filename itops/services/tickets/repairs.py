"""A ticket that needs a repair becomes a work order, and another one if that was cancelled."""

from itops.db import db
from itops.errors import Refused
from itops.i18n import translate
from itops.models import Ticket, WorkOrder
from itops.models.ticket import OPEN
from itops.services.auditing import Actor
from itops.services.maintenance import work_orders
from itops.services.maintenance.days import Now
from itops.services.tickets.working import same


def to_work_order(ticket: Ticket, *, version: int, by: Actor, now: Now) -> WorkOrder:
    """Return the work order of a ticket; asked for twice it is the same one."""
    if ticket.live_order is not None:
        return ticket.live_order
    same(ticket, version)
    if ticket.status not in OPEN:
        raise Refused("ticket.is_over")
    order = work_orders.from_ticket(ticket, by=by, now=now)
    if not order.name:
        order.name, order.name_en = (_name(ticket, language) for language in ("zh_Hans", "en"))
    ticket.order = order
    ticket.note("ticket.event.ordered", by=by.name, at=now.at, number=order.number)
    db.session.flush()
    return order


def _name(ticket: Ticket, language: str) -> str:
    what = translate(f"ticket.what.{ticket.what}", language)
    return f"{ticket.asset.tag} {what}" if ticket.asset else what
