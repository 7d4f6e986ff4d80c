"""The list of plans, and how each has been kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import MaintenancePlan, WorkOrder
from itops.services.maintenance import compliance, order_list, shares
from itops.services.maintenance.compliance import Compliance
from itops.services.maintenance.days import Now
from itops.services.scoping import Within

#: Plans on one page; a county hospital has some dozens.
PAGE = 100
#: Orders on a plan's page.
MOST_ORDERS = 30


@dataclass(frozen=True)
class Line:
    """A plan, and the first date that is not done."""

    plan: MaintenancePlan
    next_on: date | None


@dataclass(frozen=True)
class After:
    """The last plan on the page before: whether it rests, its name and number."""

    rests: bool
    name: str
    plan_id: int


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    has_more: bool


def page(within: ColumnElement[bool], after: After | None = None) -> Page:
    """Return the plans within reach that come after one, those that rest last. Two queries."""
    found = db.session.scalars(
        select(MaintenancePlan)
        .where(within, _follows(after) if after else true())
        .options(
            joinedload(MaintenancePlan.site),
            joinedload(MaintenancePlan.asset),
            joinedload(MaintenancePlan.type),
            joinedload(MaintenancePlan.module),
            joinedload(MaintenancePlan.location),
            joinedload(MaintenancePlan.owner),
        )
        .order_by(MaintenancePlan.is_enabled.desc(), MaintenancePlan.name, MaintenancePlan.id)
        .limit(PAGE + 1)
    ).all()
    plans = found[:PAGE]
    waiting = compliance.first_open([plan.id for plan in plans])
    lines = [Line(plan, waiting.get(plan.id) or plan.next_due_on) for plan in plans]
    return Page(lines, has_more=len(found) > PAGE)


def _follows(after: After) -> ColumnElement[bool]:
    beyond = tuple_(MaintenancePlan.name, MaintenancePlan.id) > tuple_(after.name, after.plan_id)
    rests = MaintenancePlan.is_enabled.is_(False)
    return and_(rests, beyond) if after.rests else or_(rests, beyond)


def orders_of(plan: MaintenancePlan, within: Within) -> Sequence[order_list.Line]:
    """Return the newest orders of a plan within reach, with what was found. Three queries."""
    found = db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.plan_id == plan.id, shares.orders(within))
        .options(joinedload(WorkOrder.assignee))
        .order_by(WorkOrder.due_on.desc())
        .limit(MOST_ORDERS)
    ).all()
    return order_list.counted(found, within)


def count_orders(plan: MaintenancePlan, within: Within) -> int:
    """Return how many orders within reach a plan has had."""
    its = (WorkOrder.plan_id == plan.id, shares.orders(within))
    wanted = select(func.count(WorkOrder.id)).where(*its)
    return db.session.scalar(wanted) or 0


def compliance_of(plan: MaintenancePlan, now: Now) -> Compliance:
    """Return how a plan was kept over the last year."""
    year = timedelta(days=365)
    return compliance.figure(
        WorkOrder.plan_id == plan.id, first=now.today - year, last=now.today, today=now.today
    )
