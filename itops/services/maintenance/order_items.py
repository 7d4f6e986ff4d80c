"""The machines of an order, a page at a time by key, those that are left first; counts of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Asset, WorkOrder, WorkOrderItem
from itops.services.maintenance import shares
from itops.services.scoping import Within

#: Machines on a page.
PAGE = 100


@dataclass(frozen=True)
class Key:
    """Where a page begins: after the machine that stands so."""

    is_over: int
    location_id: int
    tag: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the key that "0-12-PC-0031" writes; None for everything else."""
        is_over, _, rest = text.partition("-")
        place, _, tag = rest.partition("-")
        if is_over not in {"0", "1"} or not (place.isascii() and place.isdigit()):
            return None
        return cls(int(is_over), int(place), tag) if len(place) < 10 else None

    @classmethod
    def of(cls, item: WorkOrderItem) -> Self:
        return cls(int(is_over(item)), item.asset.location_id or 0, item.asset.tag)

    def __str__(self) -> str:
        return f"{self.is_over}-{self.location_id}-{self.tag}"


@dataclass(frozen=True)
class Machines:
    """Some machines of an order, how many are over and how many there are, and what follows.

    All of it is of the machines that the reader sees; `hidden` is how many others there are.
    """

    shown: Sequence[WorkOrderItem] = ()
    done: int = 0
    total: int = 0
    next: Key | None = None
    hidden: int = 0

    @property
    def left(self) -> list[WorkOrderItem]:
        """Those shown that are still to be done."""
        return [one for one in self.shown if not is_over(one)]

    @property
    def over(self) -> list[WorkOrderItem]:
        """Those shown that are done or left out."""
        return [one for one in self.shown if is_over(one)]


def is_over(item: WorkOrderItem) -> bool:
    """Whether a machine is done or left out."""
    return item.done_at is not None or bool(item.skipped)


def machines(order: WorkOrder, after: Key | None, within: Within) -> Machines:
    """Return the machines of an order, those that `within` shows, from `after` on. Two queries."""
    done, total, hidden = _counts(order, within)
    if not total:
        return Machines(hidden=hidden)
    key = (case((_is_over(), 1), else_=0), func.coalesce(Asset.location_id, 0), Asset.tag)
    wanted = (
        select(WorkOrderItem)
        .where(WorkOrderItem.order_id == order.id, shares.items(within))
        .join(Asset, Asset.id == WorkOrderItem.asset_id)
        .options(joinedload(WorkOrderItem.asset).joinedload(Asset.location))
        .order_by(*key)
    )
    if after is not None:
        wanted = wanted.where(tuple_(*key) > (after.is_over, after.location_id, after.tag))
    found = db.session.scalars(wanted.limit(PAGE + 1)).all()
    shown = found[:PAGE]
    following = Key.of(shown[-1]) if len(found) > PAGE else None
    return Machines(shown, done, total, following, hidden)


def _counts(order: WorkOrder, within: Within) -> tuple[int, int, int]:
    counted = of_orders([order.id], within)
    return counted.get(order.id, (0, 0, 0))


def of_orders(orders: Sequence[int], within: Within) -> dict[int, tuple[int, int, int]]:
    """Return of each order how many machines are over, how many there are, and how many others
    that the reader doesn't see. One query.
    """
    seen = shares.items(within)
    columns = (func.sum(case((one, 1), else_=0)) for one in (and_(seen, _is_over()), seen))
    rows = db.session.execute(
        select(WorkOrderItem.order_id, *columns, func.count())
        .where(WorkOrderItem.order_id.in_(orders))
        .group_by(WorkOrderItem.order_id)
    )
    return {key: (int(over), int(shown), all_ - int(shown)) for key, over, shown, all_ in rows}


def _is_over() -> ColumnElement[bool]:
    return or_(WorkOrderItem.done_at.is_not(None), WorkOrderItem.skipped != "")
