"""Lists of work orders: what is asked for, a page at a time by key, and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import (
    Asset,
    MaintenancePlan,
    SystemModule,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.models.work_order import LIVE
from itops.services.maintenance import findings, order_items, shares
from itops.services.scoping import EVERYWHERE, Within
from itops.services.search.numbers import forms_of, numbers_in
from itops.services.search.parts import as_given, has_words, patterns, places

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
    ALL = "all"

    def holds(self, today: date, within: Within = EVERYWHERE) -> ColumnElement[bool]:
        """Return what is true of the orders on it, as far as `within` shows them."""
        if self in {Shelf.TO_DO, Shelf.OVERDUE}:
            is_due = WorkOrder.due_on < today if self is Shelf.OVERDUE else true()
            return and_(WorkOrder.status.in_(LIVE), is_due)
        if self is Shelf.DISPUTED:
            return and_(WorkOrder.is_disputed.is_(True), WorkOrder.status != WorkStatus.CANCELLED)
        if self is Shelf.FOUND:
            return findings.has_any(within)
        if self is Shelf.ALL:
            return true()
        return WorkOrder.status == WorkStatus(self.value)

    @property
    def is_newest_first(self) -> bool:
        """Whether the past is read from its end."""
        return self in {Shelf.FOUND, Shelf.DONE, Shelf.CANCELLED, Shelf.ALL}


def of_person(whose: int | None) -> ColumnElement[bool]:
    """Return what is true of a person's orders (None: of all): theirs, and what nobody took yet."""
    if whose is None:
        return WorkOrder.id.is_not(None)
    untaken = and_(WorkOrder.assignee_id.is_(None), WorkOrder.status.in_(LIVE))
    return or_(WorkOrder.assignee_id == whose, untaken)


def matching(typed: str, within: Within) -> ColumnElement[bool]:
    """Return what is true of the orders that a text finds, each way by an index of the table.

    By their number, the name of their plan, the tag of their device or a name of their module; by
    their own name those that are not over. Of the past there may be a hundred thousand. A machine
    that its reader doesn't see finds none.
    """
    return _holds(patterns(typed), numbers_in(typed).order_id, forms_of(typed), within)


def _holds(words: Sequence[Any], number: Any, tags: Any, within: Within) -> ColumnElement[bool]:
    modules = has_words(words, SystemModule.code, SystemModule.name, SystemModule.name_en)
    plans = has_words(words, MaintenancePlan.name, MaintenancePlan.name_en)
    is_named = has_words(words, WorkOrder.name, WorkOrder.name_en)
    tagged = select(Asset.id).where(Asset.tag.in_(tags))
    return or_(
        false() if number is None else WorkOrder.id == number,
        and_(WorkOrder.status.in_([*LIVE, WorkStatus.TO_SIGN]), is_named),
        WorkOrder.plan_id.in_(select(MaintenancePlan.id).where(plans)),
        WorkOrder.module_id.in_(select(SystemModule.id).where(modules)),
        WorkOrder.asset_id.in_(tagged),
        WorkOrder.id.in_(_over(tagged, within)),
    )


def _over(assets: Any, within: Within) -> Select[int]:
    """Return the orders with one of these machines, where the reader sees it."""
    is_one = WorkOrderItem.asset_id.in_(assets)
    return select(WorkOrderItem.order_id).where(is_one, shares.items(within))


@lru_cache
def _finding(count: int, within: Within) -> Select[int]:
    """Return what finds a reader's orders by so many words: the number, then what is not over."""
    number: BindParameter[int] = bindparam("number", type_=Integer)
    is_over = WorkOrder.status.in_([WorkStatus.DONE, WorkStatus.CANCELLED])
    order = (
        case((WorkOrder.id == number, 0), else_=1),
        case((is_over, 1), else_=0),
        WorkOrder.due_on.desc(),
        WorkOrder.id.desc(),
    )
    tags: BindParameter[str] = bindparam("tags", type_=String, expanding=True)
    holds = _holds(places(count), number, tags, within)
    return select(WorkOrder.id).where(shares.orders(within), holds).order_by(*order)


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for."""

    shelf: Shelf = Shelf.TO_DO
    whose: int | None = None
    site_id: int | None = None
    asset_id: int | None = None
    plan_id: int | None = None
    first: date | None = None
    last: date | None = None
    q: str = ""

    def conditions(self, within: Within) -> list[ColumnElement[bool]]:
        """Return all but the shelf, with what `within` reaches."""
        made = [shares.orders(within), of_person(self.whose)]
        if self.site_id is not None:
            made.append(WorkOrder.site_id == self.site_id)
        if self.asset_id is not None:
            over = WorkOrder.id.in_(_over([self.asset_id], within))
            made.append(or_(WorkOrder.asset_id == self.asset_id, over))
        if self.q:
            made.append(matching(self.q, within))
        if self.plan_id is not None:
            made.append(WorkOrder.plan_id == self.plan_id)
        if self.first is not None:
            made.append(WorkOrder.due_on >= self.first)
        if self.last is not None:
            made.append(WorkOrder.due_on <= self.last)
        return made


@dataclass(frozen=True)
class Line:
    """An order, how many of its machines are done, and how much was found out of order.

    `hidden` is how many machines there are beside, which the reader doesn't see.
    """

    order: WorkOrder
    done: int
    total: int
    hidden: int = 0
    findings: int = 0


@dataclass(frozen=True)
class Page:
    """Some orders, and whether more follow."""

    lines: Sequence[Line]
    has_next: bool


def page(wanted: Wanted, *, within: Within, today: date, after: tuple[date, int] | None) -> Page:
    """Return the orders that follow `after`, (due_on, id) of the last one seen. Three queries."""
    key = (WorkOrder.due_on, WorkOrder.id)
    order = [part.desc() if wanted.shelf.is_newest_first else part.asc() for part in key]
    shelf = wanted.shelf.holds(today, within)
    statement = _with_names().where(shelf, *wanted.conditions(within))
    if after is not None:
        statement = statement.where(_beyond(after, is_down=wanted.shelf.is_newest_first))
    found = list(db.session.scalars(statement.order_by(*order).limit(PAGE + 1)))
    return Page(counted(found[:PAGE], within), len(found) > PAGE)


def counts(*conditions: ColumnElement[bool], today: date) -> dict[Shelf, int]:
    """Return how many such orders stand on each shelf but the long past. One query."""
    shelves = [shelf for shelf in Shelf if not shelf.is_newest_first]
    columns = [func.sum(case((shelf.holds(today), 1), else_=0)) for shelf in shelves]
    open_ones = or_(
        WorkOrder.status.in_([*LIVE, WorkStatus.TO_SIGN]), WorkOrder.is_disputed.is_(True)
    )
    row = db.session.execute(select(*columns).where(open_ones, *conditions)).one()
    return {shelf: int(count or 0) for shelf, count in zip(shelves, row, strict=True)}


def counted(orders: Sequence[WorkOrder], within: Within) -> list[Line]:
    """Return orders with how many of their machines are done, and of findings. Two queries."""
    keys = [one.id for one in orders]
    known, found = order_items.of_orders(keys, within), findings.counts(keys, within)
    return [Line(one, *known.get(one.id, (0, 0, 0)), found.get(one.id, 0)) for one in orders]


def of_asset(asset_id: int, *, within: Within, many: int = 8) -> list[WorkOrder]:
    """Return the newest orders of a machine, those still to be done first."""
    found = _with_names().where(*Wanted(asset_id=asset_id).conditions(within))
    is_over = WorkOrder.status.in_([WorkStatus.DONE, WorkStatus.CANCELLED])
    return list(db.session.scalars(found.order_by(is_over, WorkOrder.due_on.desc()).limit(many)))


def found(typed: str, *, within: Within, many: int) -> list[Line]:
    """Return the newest orders that a text finds, what is still to be done first.

    One query for their numbers and, where there are some, two for the orders.
    """
    words = patterns(typed)
    given = {"number": numbers_in(typed).order_id, "tags": forms_of(typed), **as_given(words)}
    wanted = _finding(len(words), within).limit(many)
    keys = list(db.session.scalars(wanted, given))
    if not keys:
        return []
    rows = {one.id: one for one in db.session.scalars(_with_names().where(WorkOrder.id.in_(keys)))}
    return counted([rows[key] for key in keys], within)


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
