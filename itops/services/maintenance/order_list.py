"""Lists of work orders: what is asked for, a page at a time by key, and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import WorkOrder, WorkOrderItem, WorkStatus
from itops.models.work_order import LIVE
from itops.services.maintenance import findings

#: Orders on a page.
PAGE = 50


class Shelf(StrEnum):
    """Which orders a list shows."""

    TO_DO = "to_do"
    OVERDUE = "overdue"
    DISPUTED = "disputed"
    TO_SIGN = "to_sign"
    FOUND = "found"
    DONE = "done"
    CANCELLED = "cancelled"

    def holds(self, today: date) -> ColumnElement[bool]:
        """Return what is true of the orders on it."""
        if self is Shelf.TO_DO:
            return WorkOrder.status.in_(LIVE)
        if self is Shelf.OVERDUE:
            return and_(WorkOrder.status.in_(LIVE), WorkOrder.due_on < today)
        if self is Shelf.DISPUTED:
            return and_(WorkOrder.is_disputed.is_(True), WorkOrder.status != WorkStatus.CANCELLED)
        if self is Shelf.FOUND:
            return findings.has_any()
        return WorkOrder.status == WorkStatus(self.value)

    @property
    def is_newest_first(self) -> bool:
        """Whether the past is read from its end."""
        return self in {Shelf.FOUND, Shelf.DONE, Shelf.CANCELLED}


def of_person(whose: int | None) -> ColumnElement[bool]:
    """Return what is true of a person's orders (None: of all): theirs, and what nobody took yet."""
    if whose is None:
        return WorkOrder.id.is_not(None)
    untaken = and_(WorkOrder.assignee_id.is_(None), WorkOrder.status.in_(LIVE))
    return or_(WorkOrder.assignee_id == whose, untaken)


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for."""

    shelf: Shelf = Shelf.TO_DO
    whose: int | None = None
    site_id: int | None = None
    asset_id: int | None = None
    first: date | None = None
    last: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return all but the shelf."""
        made: list[ColumnElement[bool]] = [of_person(self.whose)]
        if self.site_id is not None:
            made.append(WorkOrder.site_id == self.site_id)
        if self.asset_id is not None:
            items = select(WorkOrderItem.order_id).where(WorkOrderItem.asset_id == self.asset_id)
            made.append(or_(WorkOrder.asset_id == self.asset_id, WorkOrder.id.in_(items)))
        if self.first is not None:
            made.append(WorkOrder.due_on >= self.first)
        if self.last is not None:
            made.append(WorkOrder.due_on <= self.last)
        return made


@dataclass(frozen=True)
class Line:
    """An order, how many of its machines are done, and how much was found out of order."""

    order: WorkOrder
    done: int
    total: int
    findings: int = 0


@dataclass(frozen=True)
class Page:
    """Some orders, and whether more follow."""

    lines: Sequence[Line]
    has_next: bool


def page(
    wanted: Wanted, *, within: ColumnElement[bool], today: date, after: tuple[date, int] | None
) -> Page:
    """Return the orders that follow `after`, (due_on, id) of the last one seen. Three queries."""
    key = (WorkOrder.due_on, WorkOrder.id)
    order = [part.desc() if wanted.shelf.is_newest_first else part.asc() for part in key]
    statement = _with_names().where(within, wanted.shelf.holds(today), *wanted.conditions())
    if after is not None:
        statement = statement.where(_beyond(after, is_down=wanted.shelf.is_newest_first))
    found = list(db.session.scalars(statement.order_by(*order).limit(PAGE + 1)))
    return Page(counted(found[:PAGE]), len(found) > PAGE)


def counts(wanted: Wanted, *, within: ColumnElement[bool], today: date) -> dict[Shelf, int]:
    """Return how many orders stand on each shelf but the long past. One query."""
    shelves = [shelf for shelf in Shelf if not shelf.is_newest_first]
    columns = [func.sum(case((shelf.holds(today), 1), else_=0)) for shelf in shelves]
    open_ones = or_(
        WorkOrder.status.in_([*LIVE, WorkStatus.TO_SIGN]), WorkOrder.is_disputed.is_(True)
    )
    row = db.session.execute(select(*columns).where(within, open_ones, *wanted.conditions())).one()
    return {shelf: int(count or 0) for shelf, count in zip(shelves, row, strict=True)}


def counted(orders: Sequence[WorkOrder]) -> list[Line]:
    """Return orders with how many of their machines are done, and of findings. Two queries."""
    is_over = or_(WorkOrderItem.done_at.is_not(None), WorkOrderItem.skipped != "")
    rows = db.session.execute(
        select(WorkOrderItem.order_id, func.sum(case((is_over, 1), else_=0)), func.count())
        .where(WorkOrderItem.order_id.in_([one.id for one in orders]))
        .group_by(WorkOrderItem.order_id)
    )
    known = {order_id: (int(done), total) for order_id, done, total in rows}
    found = findings.counts([one.id for one in orders])
    return [Line(one, *known.get(one.id, (0, 0)), found.get(one.id, 0)) for one in orders]


def of_asset(asset_id: int, *, within: ColumnElement[bool], many: int = 8) -> list[WorkOrder]:
    """Return the newest orders of a machine, those still to be done first."""
    found = _with_names().where(within, *Wanted(asset_id=asset_id).conditions())
    is_over = WorkOrder.status.in_([WorkStatus.DONE, WorkStatus.CANCELLED])
    return list(db.session.scalars(found.order_by(is_over, WorkOrder.due_on.desc()).limit(many)))


def _beyond(after: tuple[date, int], *, is_down: bool) -> ColumnElement[bool]:
    due_on, key = after
    if is_down:
        same = and_(WorkOrder.due_on == due_on, WorkOrder.id < key)
        return or_(WorkOrder.due_on < due_on, same)
    same = and_(WorkOrder.due_on == due_on, WorkOrder.id > key)
    return or_(WorkOrder.due_on > due_on, same)


def _with_names() -> Any:
    return select(WorkOrder).options(
        joinedload(WorkOrder.site),
        joinedload(WorkOrder.department),
        joinedload(WorkOrder.location),
        joinedload(WorkOrder.asset),
        joinedload(WorkOrder.module),
        joinedload(WorkOrder.assignee),
    )
