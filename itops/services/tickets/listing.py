"""The queue: narrowed, the worst priority and the next target first, a page at a time by key."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true, tuple_

from itops.db import db
from itops.models import (
    Asset,
    Department,
    Location,
    Site,
    Ticket,
    TicketKind,
    TicketStatus,
    User,
    What,
)
from itops.services import searching
from itops.services.scoping import Within
from itops.services.search_index import Kind

PAGE = 50
#: Besides one status: what is not over, and everything.
OPEN, ALL = "open", "all"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the queue is narrowed to. Empty: not narrowed by that."""

    q: str = ""
    status: TicketStatus | str = OPEN
    priority: int | None = None
    kind: TicketKind | None = None
    what: What | None = None
    site_id: int | None = None
    department_id: int | None = None
    asset_id: int | None = None
    #: Somebody's own; 0: nobody's.
    assignee_id: int | None = None
    is_overdue: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the open ones is asked for."""
        mine = [getattr(self, entry.name) for entry in fields(self) if entry.name != "status"]
        return self.status != OPEN or any(one not in (None, "", False) for one in mine)

    @property
    def is_queue(self) -> bool:
        """Whether it is read in the order of work; else the newest stand first."""
        return self.status == OPEN and not self.q.strip()


@dataclass(frozen=True)
class Line:
    """A ticket as the queue shows it; names are (name, name_en)."""

    id: int
    status: TicketStatus
    kind: TicketKind
    what: What
    title: str
    place: str
    priority: int
    people: int
    opened_at: datetime
    next_due_at: datetime
    responded_at: datetime | None
    is_announced: bool
    is_demo: bool
    assignee: str
    site: tuple[str, str]
    department: tuple[str, str] | None
    location: tuple[str, str] | None
    asset: tuple[str, str] | None
    tag: str

    def key(self) -> tuple[int, str, int]:
        """Return its place in the queue, as an address carries it."""
        return self.priority, self.next_due_at.isoformat(), self.id


@dataclass(frozen=True)
class Page:
    """Some lines of a list, and whether there are more after them."""

    lines: list[Line] = field(default_factory=list)
    has_next: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class After:
    """The place in a list after which a page begins."""

    priority: int = 0
    next_due_at: datetime | None = None
    id: int = 0


def page(wanted: Wanted, *, within: Within, at: datetime, after: After | None = None) -> Page:
    """Return the page that follows `after`."""
    found = _searched(wanted, within)
    keys = select(Ticket.id).where(in_reach(within), *_conditions(wanted, at, found))
    if wanted.is_queue:
        order = (Ticket.priority, Ticket.next_due_at, Ticket.id)
        keys = keys.order_by(*order)
        if after is not None and after.next_due_at is not None:
            keys = keys.where(tuple_(*order) > (after.priority, after.next_due_at, after.id))
    else:
        keys = keys.order_by(Ticket.id.desc())
        if after is not None:
            keys = keys.where(Ticket.id < after.id)
    chosen = list(db.session.scalars(keys.limit(PAGE + 1)))
    is_cut = found is not None and len(found) >= searching.MOST_FOUND
    return Page(lines(chosen[:PAGE]), len(chosen) > PAGE, is_cut)


def lines(keys: list[int]) -> list[Line]:
    """Return these tickets as the queue shows them, in the order of `keys`."""
    rows = {row[0]: _line(row) for row in db.session.execute(_lines(keys))}
    return [rows[key] for key in keys if key in rows]


def in_reach(within: Within) -> ColumnElement[bool]:
    """Return what narrows tickets to a person's reach."""
    if within.everywhere:
        return true()
    parts = [
        column.in_(keys)
        for column, keys in (
            (Ticket.site_id, within.site_ids),
            (Ticket.department_id, within.department_ids),
        )
        if keys
    ]
    return or_(*parts) if parts else false()


def _searched(wanted: Wanted, within: Within) -> list[int] | None:
    if not wanted.q.strip():
        return None
    also = searching.belongs(
        status=wanted.status if wanted.status in set(TicketStatus) else None,
        is_open=1 if wanted.status == OPEN else None,
        site_id=wanted.site_id,
        department_id=wanted.department_id,
    )
    return searching.find(Kind.TICKET, wanted.q, within=within, also=also)


def _conditions(
    wanted: Wanted, at: datetime, found: list[int] | None
) -> Iterator[ColumnElement[bool]]:
    if wanted.status == OPEN:
        yield Ticket.is_open.is_(True)
    elif wanted.status != ALL:
        yield Ticket.status == wanted.status
    for column, value in (
        (Ticket.priority, wanted.priority),
        (Ticket.kind, wanted.kind),
        (Ticket.what, wanted.what),
        (Ticket.site_id, wanted.site_id),
        (Ticket.department_id, wanted.department_id),
        (Ticket.asset_id, wanted.asset_id),
    ):
        if value is not None:
            yield column == value
    if wanted.assignee_id is not None:
        yield Ticket.assignee_id == (wanted.assignee_id or None)
    if wanted.is_overdue:
        yield and_(Ticket.is_open, Ticket.next_due_at < at)
    if found is not None:
        yield Ticket.id.in_(found)


def _lines(keys: list[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Ticket.id, Ticket.status, Ticket.kind, Ticket.what, Ticket.title, Ticket.place),
            *(Ticket.priority, Ticket.people, Ticket.opened_at, Ticket.next_due_at),
            *(Ticket.responded_at, Ticket.announced_at.is_not(None), Ticket.is_demo, User.name),
            *(Site.name, Site.name_en, Department.name, Department.name_en),
            *(Location.name, Location.name_en, Asset.name, Asset.name_en, Asset.tag),
        )
        .select_from(Ticket)
        .join(Site, Site.id == Ticket.site_id)
        .outerjoin(User, User.id == Ticket.assignee_id)
        .outerjoin(Department, Department.id == Ticket.department_id)
        .outerjoin(Location, Location.id == Ticket.location_id)
        .outerjoin(Asset, Asset.id == Ticket.asset_id)
        .where(Ticket.id.in_(keys))
    )


def _line(row: Any) -> Line:
    site, department, location, asset = (
        (row[at], row[at + 1]) if row[at] else None for at in range(14, 22, 2)
    )
    where = (site or ("", ""), department, location, asset, row[22] or "")
    return Line(*(*row[:11], bool(row[11]), row[12], row[13] or "", *where))
