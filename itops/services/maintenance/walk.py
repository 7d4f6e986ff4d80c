"""Today as a walk: what is due, grouped by building and floor in the order of the way there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import (
    Asset,
    LocationKind,
    Ticket,
    TicketStatus,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.models.work_order import LIVE
from itops.services.maintenance import shares
from itops.services.maintenance.days import Now
from itops.services.maintenance.order_list import of_person
from itops.services.places.tree import PlaceTree, SitePlace, Spot
from itops.services.scoping import Within

#: So many orders make a day; a longer list is no walk.
MOST = 200
OPEN_TICKETS = (TicketStatus.NEW, TicketStatus.IN_PROGRESS, TicketStatus.ON_HOLD)


class What(StrEnum):
    ORDER = "order"
    TICKET = "ticket"


@dataclass(frozen=True)
class Entry:
    """One thing to do at a stop."""

    what: What
    thing: WorkOrder | Ticket
    location_id: int | None
    #: Machines of an order that are left at this stop, and in all.
    here: int = 0
    left: int = 0
    #: So many earlier dates of the same plan that nobody has begun.
    earlier: int = 0
    #: The room, where a stop has several.
    room: Spot | None = None

    @property
    def due(self) -> tuple[date, int]:
        """What decides the order within a stop: what is due first comes first."""
        if isinstance(self.thing, WorkOrder):
            return self.thing.due_on, self.thing.id
        limit = self.thing.resolution_due_at
        return limit.date() if limit else date.max, self.thing.id


@dataclass
class Stop:
    """A floor, or a building without floors, or a site without either, and what is to be done."""

    site: SitePlace | None
    building: Spot | None
    floor: Spot | None
    entries: list[Entry] = field(default_factory=list)

    @property
    def rooms(self) -> list[Spot]:
        """The rooms in which there is something to do."""
        return list({one.room.id: one.room for one in self.entries if one.room}.values())


@dataclass(frozen=True)
class Day:
    """What a person's day looks like; the counts are of all, `shown` of the orders read here."""

    stops: Sequence[Stop]
    overdue: int
    left: int
    shown: int
    to_sign: int
    done: Sequence[WorkOrder]
    tomorrow: Sequence[WorkOrder]


def day(now: Now, *, within: Within, whose: int | None, tree: PlaceTree) -> Day:
    """Return the day of a person (None: of all), as far as `within` reaches. Six queries."""
    reached = shares.orders(within)
    orders = _orders(now, reached, whose)
    left, overdue, to_sign = _count(now, reached, whose)
    entries = [*_entries(*_newest(orders), within), *_tickets(whose)]
    return Day(
        stops=stops(entries, tree),
        overdue=overdue,
        left=left,
        shown=len(orders),
        to_sign=to_sign,
        done=_done(now, reached, whose),
        tomorrow=_due(reached, whose, WorkOrder.due_on == now.today + timedelta(days=1)),
    )


@dataclass(frozen=True)
class Overdue:
    """What should have been done before today: `total` orders, of which `shown` were read."""

    entries: Sequence[Entry] = ()
    shown: int = 0
    total: int = 0


def overdue(now: Now, *, within: ColumnElement[bool], whose: int | None) -> Overdue:
    """Return what is overdue, a line for each plan's missed dates. Two queries at most."""
    orders = _due(within, whose, WorkOrder.due_on < now.today)
    total = len(orders) if len(orders) < MOST else _count(now, within, whose)[1]
    newest, missed = _newest(orders)
    entries = [
        Entry(What.ORDER, one, one.location_id, earlier=missed.get(one.id, 0)) for one in newest
    ]
    return Overdue(entries, len(orders), total)


def stops(entries: Iterable[Entry], tree: PlaceTree) -> list[Stop]:
    """Group entries by building and floor, in walking order: from the ground up, house by house."""
    found: dict[tuple[int | None, ...], Stop] = {}
    for entry in entries:
        way = tree.way_to(entry.location_id)
        building = next((one for one in way if one.kind is LocationKind.BUILDING), None)
        floor = next((one for one in way if one.kind is LocationKind.FLOOR), None)
        room = next((one for one in way if one.kind is LocationKind.ROOM), None)
        site = tree.sites.get(entry.thing.site_id)
        key = (
            site.id if site else None,
            building.id if building else None,
            floor.id if floor else None,
        )
        stop = found.setdefault(key, Stop(site, building, floor))
        stop.entries.append(replace(entry, room=room))
    for stop in found.values():
        stop.entries.sort(key=lambda one: one.due)
    return sorted(found.values(), key=_way)


def _way(stop: Stop) -> tuple[object, ...]:
    building, floor = stop.building, stop.floor
    return (
        stop.site.id if stop.site else 0,
        building is None,
        (building.position, building.id) if building else (0, 0),
        floor is None,
        (floor.position, floor.id) if floor else (0, 0),
    )


def _orders(now: Now, within: ColumnElement[bool], whose: int | None) -> Sequence[WorkOrder]:
    return _due(within, whose, _is_of(now))


def _is_of(now: Now) -> ColumnElement[bool]:
    return or_(WorkOrder.due_on <= now.today, WorkOrder.status == WorkStatus.IN_PROGRESS)


def _count(now: Now, within: ColumnElement[bool], whose: int | None) -> tuple[int, int, int]:
    """Return how many orders are left, how many are overdue, and how many anybody is to sign."""
    left = and_(WorkOrder.status.in_(LIVE), of_person(whose), _is_of(now))
    overdue = and_(left, WorkOrder.due_on < now.today)
    counted = [left, overdue, WorkOrder.status == WorkStatus.TO_SIGN]
    row = db.session.execute(
        select(*(func.sum(case((one, 1), else_=0)) for one in counted)).where(
            WorkOrder.status.in_([*LIVE, WorkStatus.TO_SIGN]), within
        )
    ).one()
    many = [int(count or 0) for count in row]
    return many[0], many[1], many[2]


def _due(
    within: ColumnElement[bool], whose: int | None, when: ColumnElement[bool]
) -> Sequence[WorkOrder]:
    return db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.status.in_(LIVE), within, of_person(whose), when)
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


def _newest(orders: Sequence[WorkOrder]) -> tuple[list[WorkOrder], dict[int, int]]:
    """Return the orders without the dates of a plan that were missed before its newest one, and
    how many those are, by the newest one's id: one cause is one line.
    """
    newest: dict[int, WorkOrder] = {}
    missed: dict[int, int] = {}
    for order in orders:
        if order.plan_id is not None and _is_untouched(order):
            older = newest.get(order.plan_id)
            newest[order.plan_id] = order
            missed[order.id] = missed.pop(older.id) + 1 if older is not None else 0
    kept = [one for one in orders if one.id in missed or not _is_untouched(one)]
    return kept + [one for one in orders if one.plan_id is None and one not in kept], missed


def _is_untouched(order: WorkOrder) -> bool:
    return order.status is WorkStatus.OPEN and not order.is_disputed


def _entries(
    orders: Sequence[WorkOrder], earlier: Mapping[int, int], within: Within
) -> list[Entry]:
    """Return an entry an order, or one for each place where machines of it are left."""
    left = _left_by_place([order.id for order in orders], within)
    found: list[Entry] = []
    for order in orders:
        places = left.get(order.id)
        missed = earlier.get(order.id, 0)
        if not places:
            found.append(Entry(What.ORDER, order, order.location_id, earlier=missed))
            continue
        total = sum(places.values())
        found += [Entry(What.ORDER, order, spot, n, total, missed) for spot, n in places.items()]
    return found


def _left_by_place(orders: Sequence[int], within: Within) -> dict[int, dict[int | None, int]]:
    rows = db.session.execute(
        select(WorkOrderItem.order_id, Asset.location_id, func.count())
        .join(Asset, Asset.id == WorkOrderItem.asset_id)
        .where(
            WorkOrderItem.order_id.in_(orders),
            shares.items(within),
            WorkOrderItem.done_at.is_(None),
            WorkOrderItem.skipped == "",
        )
        .group_by(WorkOrderItem.order_id, Asset.location_id)
    )
    found: dict[int, dict[int | None, int]] = {}
    for order_id, spot, many in rows:
        found.setdefault(order_id, {})[spot] = many
    return found


def _tickets(whose: int | None) -> list[Entry]:
    """Return the tickets that a person works on."""
    if whose is None:
        return []
    tickets = db.session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == whose, Ticket.status.in_(OPEN_TICKETS))
        .options(joinedload(Ticket.asset))
        .order_by(Ticket.priority, Ticket.id)
        .limit(MOST)
    )
    return [Entry(What.TICKET, one, one.location_id) for one in tickets]


def _done(now: Now, within: ColumnElement[bool], whose: int | None) -> Sequence[WorkOrder]:
    mine = WorkOrder.assignee_id == whose if whose is not None else WorkOrder.id.is_not(None)
    return db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.done_on == now.today, within, mine)
        .options(joinedload(WorkOrder.asset), joinedload(WorkOrder.module))
        .order_by(WorkOrder.done_at.desc())
        .limit(30)
    ).all()
