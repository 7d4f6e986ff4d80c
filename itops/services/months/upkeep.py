"""Maintenance of a month: what of that which was due was done on time, late or not at all."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import func, select

from itops.db import db
from itops.models import WorkKind, WorkOrder, WorkStatus
from itops.services.maintenance import compliance, findings
from itops.services.maintenance.compliance import Compliance
from itops.services.months.period import Look
from itops.services.scoping import EVERYWHERE


class Fate(StrEnum):
    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"


def figures(look: Look) -> Compliance:
    """Return how much of what was due in the month was done on time. One query."""
    return compliance.figure(
        look.within(WorkOrder), first=look.month.first, last=look.month.last, today=look.today
    )


def orders(look: Look, fate: Fate | None = None) -> Sequence[WorkOrder]:
    """Return the orders that count for the month, or those of them with one fate."""
    found = db.session.scalars(
        select(WorkOrder)
        .where(
            look.within(WorkOrder),
            WorkOrder.kind == WorkKind.PREVENTIVE,
            WorkOrder.status != WorkStatus.CANCELLED,
            WorkOrder.due_on.between(look.month.first, look.month.last),
        )
        .order_by(WorkOrder.due_on, WorkOrder.id)
    )
    fates = [(order, fate_of(order, look)) for order in found]
    return [order for order, its in fates if its is not None and fate in {None, its}]


def found(look: Look) -> Sequence[WorkOrder]:
    """Return the orders of the month in which something was found out of order."""
    return db.session.scalars(
        select(WorkOrder)
        .where(
            look.within(WorkOrder),
            WorkOrder.due_on.between(look.month.first, look.month.last),
            findings.has_any(EVERYWHERE),
        )
        .order_by(WorkOrder.due_on, WorkOrder.id)
    ).all()


def count_found(look: Look) -> int:
    """Return how many orders of the month have a finding. One query."""
    wanted = select(func.count(WorkOrder.id)).where(
        look.within(WorkOrder),
        WorkOrder.due_on.between(look.month.first, look.month.last),
        findings.has_any(EVERYWHERE),
    )
    return db.session.scalar(wanted) or 0


def fate_of(order: WorkOrder, look: Look) -> Fate | None:
    """Return what became of an order; None while it may still be done on time."""
    days_late = ((order.done_on or look.today) - order.due_on).days
    if order.done_on is None:
        return Fate.MISSED if days_late > order.grace_days else None
    return Fate.ON_TIME if days_late <= order.grace_days else Fate.LATE
