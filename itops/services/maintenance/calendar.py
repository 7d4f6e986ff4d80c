"""What is due on which day: the orders that there are, and the dates that plans will bring."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Counts, MaintenancePlan, WorkOrder
from itops.services.maintenance import planning
from itops.services.maintenance.order_list import of_person

#: Orders read for one view, the first that are due; it says how many more there are.
MOST = 2000
#: How far ahead and back a calendar goes.
REACH = timedelta(days=5 * 366)


@dataclass
class CalendarDay:
    """A day with its orders, and the plans that will be due."""

    on: date
    orders: list[WorkOrder] = field(default_factory=list)
    plans: list[MaintenancePlan] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.orders and not self.plans


@dataclass(frozen=True)
class Due:
    """What is due in a time: the days on which something is, in order."""

    days: dict[date, CalendarDay]
    #: Orders that are not among them: the last ones, where there are too many for one view.
    left_out: int = 0


def month_of(on: date) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = on.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def weeks(first: date, last: date) -> list[list[date]]:
    """Return the weeks, Monday to Sunday, that hold these days."""
    start = first - timedelta(days=first.weekday())
    many = (last - start).days // 7 + 1
    return [[start + timedelta(days=7 * week + day) for day in range(7)] for week in range(many)]


def days(
    first: date,
    last: date,
    *,
    orders_within: ColumnElement[bool],
    plans_within: ColumnElement[bool],
    whose: int | None = None,
) -> Due:
    """Return what is due from `first` to `last`. Two queries; a third where it is too much."""
    found: dict[date, CalendarDay] = {}
    wanted = (WorkOrder.due_on.between(first, last), orders_within, of_person(whose))
    orders = _orders(*wanted)
    for order in orders:
        found.setdefault(order.due_on, CalendarDay(order.due_on)).orders.append(order)
    for on, plan in coming(first, last, within=plans_within, whose=whose):
        found.setdefault(on, CalendarDay(on)).plans.append(plan)
    left_out = _count(*wanted) - MOST if len(orders) == MOST else 0
    return Due(dict(sorted(found.items())), left_out)


def coming(
    first: date, last: date, *, within: ColumnElement[bool], whose: int | None = None
) -> Iterator[tuple[date, MaintenancePlan]]:
    """Yield the dates from `first` to `last` that have no order yet, each with its plan."""
    mine = or_(MaintenancePlan.owner_id == whose, MaintenancePlan.owner_id.is_(None))
    plans = db.session.scalars(
        select(MaintenancePlan)
        .where(
            MaintenancePlan.is_enabled.is_(True),
            MaintenancePlan.next_due_on <= last,
            within,
            mine if whose is not None else MaintenancePlan.id.is_not(None),
        )
        .order_by(MaintenancePlan.id)
    )
    for plan in plans:
        for on in _dates(plan, last):
            if on >= first:
                yield on, plan


def _dates(plan: MaintenancePlan, last: date) -> Iterator[date]:
    if plan.next_due_on is None:
        return
    if plan.counts is Counts.COMPLETION:
        yield plan.next_due_on
        return
    for on in planning.rhythm(plan).dates(plan.next_due_on):
        if on > last:
            return
        yield on


def _count(*wanted: ColumnElement[bool]) -> int:
    return db.session.scalars(select(func.count(WorkOrder.id)).where(*wanted)).one()


def _orders(*wanted: ColumnElement[bool]) -> Sequence[WorkOrder]:
    return db.session.scalars(
        select(WorkOrder)
        .where(*wanted)
        .options(
            joinedload(WorkOrder.site),
            joinedload(WorkOrder.asset),
            joinedload(WorkOrder.module),
            joinedload(WorkOrder.department),
            joinedload(WorkOrder.location),
            joinedload(WorkOrder.assignee),
            joinedload(WorkOrder.checklist),
        )
        .order_by(WorkOrder.due_on, WorkOrder.id)
        .limit(MOST)
    ).all()
