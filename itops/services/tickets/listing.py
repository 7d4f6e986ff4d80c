"""The queue: narrowed, the worst priority and the next target first, a page at a time by key."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, select, tuple_

from itops.db import LARGEST_KEY, db
from itops.i18n import name_in
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
from itops.models.ticket import OPEN as STILL_OPEN
from itops.services import scoping
from itops.services.scoping import Within
from itops.services.search import finding as searching
from itops.services.search.index import Kind
from itops.services.search.numbers import numbers_in

PAGE = 50
#: So much of what a reporter wrote stands in a list.
MOST_WORDS = 40
#: Besides one status: what is not over, and everything.
OPEN, ALL = "open", "all"
#: The open ones are chosen from as many of the newest that a search finds.
LOOKED_AT = 60


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
    #: Only those that everybody was told of.
    is_announced: bool = False

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
    """A ticket as the queue shows it; names are in the reader's language."""

    id: int
    status: TicketStatus
    kind: TicketKind
    what: What
    title: str
    priority: int
    people: int
    opened_at: datetime
    next_due_at: datetime
    responded_at: datetime | None
    is_announced: bool
    is_demo: bool
    assignee: str
    #: The department, else the site; and the room, else the place in the reporter's words.
    where: tuple[str, ...]
    asset: str
    tag: str
    #: The reporter's first words, where the desk wrote no title.
    text: str

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status in STILL_OPEN

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


#: What a list tells of the tickets `keys`; built once, which takes longer than asking it.
LINES = (
    select(
        *(Ticket.id, Ticket.status, Ticket.kind, Ticket.what, Ticket.title),
        *(Ticket.priority, Ticket.people, Ticket.opened_at, Ticket.next_due_at),
        *(Ticket.responded_at, Ticket.announced_at.is_not(None), Ticket.is_demo, User.name),
        *(Site.name, Site.name_en, Department.name, Department.name_en),
        *(Location.name, Location.name_en, Asset.name, Asset.name_en, Asset.tag, Ticket.place),
        func.substr(Ticket.text, 1, MOST_WORDS + 1),
    )
    .select_from(Ticket)
    .join(Site, Site.id == Ticket.site_id)
    .outerjoin(User, User.id == Ticket.assignee_id)
    .outerjoin(Department, Department.id == Ticket.department_id)
    .outerjoin(Location, Location.id == Ticket.location_id)
    .outerjoin(Asset, Asset.id == Ticket.asset_id)
    .where(Ticket.id.in_(bindparam("keys", expanding=True)))
)
#: Of what a search found: the one of that number, the open ones, the newest.
FOUND = (
    select(Ticket.id)
    .where(Ticket.id.in_(bindparam("keys", expanding=True)))
    .order_by(
        case((Ticket.id == bindparam("number", type_=Integer), 0), else_=1),
        Ticket.is_open.desc(),
        Ticket.id.desc(),
    )
)


def page(
    wanted: Wanted, *, within: Within, at: datetime, language: str, after: After | None = None
) -> Page:
    """Return the page that follows `after`, with names in `language`."""
    found = _searched(wanted, within, at)
    is_cut = found is not None and len(found) >= searching.MOST_FOUND
    if found is not None and not _narrows_more(wanted):
        below = after.id if after else LARGEST_KEY
        chosen = [key for key in found if key < below][: PAGE + 1]
    else:
        chosen = list(db.session.scalars(_keys(wanted, within, at, after, found)))
    shown = lines(chosen[:PAGE], within=within, language=language)
    return Page(shown, len(chosen) > PAGE, is_cut)


def lines(keys: list[int], *, within: Within, language: str) -> list[Line]:
    """Return these tickets as the queue shows them, in the order of `keys`."""
    statement = LINES if within.everywhere else LINES.where(in_reach(within))
    rows = {row[0]: _line(row, language) for row in db.session.execute(statement, {"keys": keys})}
    return [rows[key] for key in keys if key in rows]


def found(typed: str, *, within: Within, language: str, many: int) -> list[Line]:
    """Return the tickets that a text finds: the one of that number, the open ones, the others."""
    number = numbers_in(typed).ticket_id
    keys = searching.find(Kind.TICKET, typed, within=within, limit=LOOKED_AT)
    keys += [number] if number is not None else []
    wanted = FOUND if within.everywhere else FOUND.where(in_reach(within))
    given = {"keys": keys, "number": number}
    chosen = list(db.session.scalars(wanted.limit(many), given))
    return lines(chosen, within=within, language=language) if chosen else []


def _keys(
    wanted: Wanted, within: Within, at: datetime, after: After | None, found: list[int] | None
) -> Select[int]:
    keys = select(Ticket.id).where(in_reach(within), *_conditions(wanted, at, found))
    if not wanted.is_queue:
        keys = keys.where(Ticket.id < after.id) if after is not None else keys
        return keys.order_by(Ticket.id.desc()).limit(PAGE + 1)
    order = (Ticket.priority, Ticket.next_due_at, Ticket.id)
    if after is not None and after.next_due_at is not None:
        keys = keys.where(tuple_(*order) > (after.priority, after.next_due_at, after.id))
    return keys.order_by(*order).limit(PAGE + 1)


def _narrows_more(wanted: Wanted) -> bool:
    """Whether more is asked for than the index of words knows."""
    more = (wanted.priority, wanted.kind, wanted.what, wanted.asset_id, wanted.assignee_id)
    return wanted.is_overdue or wanted.is_announced or any(one is not None for one in more)


def in_reach(within: Within) -> ColumnElement[bool]:
    """Return what narrows tickets to a person's reach."""
    return scoping.in_reach(
        within, Ticket.site_id, Ticket.department_id, Ticket.asset_id, Ticket.module_id
    )


def _searched(wanted: Wanted, within: Within, at: datetime) -> list[int] | None:
    """Return what the words find and the ticket of that very number, the newest first."""
    if not wanted.q.strip():
        return None
    also = searching.belongs(
        status=wanted.status if wanted.status in set(TicketStatus) else None,
        is_open=1 if wanted.status == OPEN else None,
        site_id=wanted.site_id,
        department_id=wanted.department_id,
    )
    found = searching.find(Kind.TICKET, wanted.q, within=within, also=also)
    number = numbers_in(wanted.q).ticket_id
    if number is None or number in found:
        return found
    its = select(Ticket.id).where(Ticket.id == number, in_reach(within))
    return sorted([*found, *db.session.scalars(its.where(*_conditions(wanted, at, None)))])[::-1]


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
    for is_asked, holds in (
        (wanted.is_announced, Ticket.announced_at.is_not(None)),
        (wanted.is_overdue, and_(Ticket.is_open, Ticket.next_due_at < at)),
        (found is not None, Ticket.id.in_(found or [])),
    ):
        if is_asked:
            yield holds


def _line(row: Any, language: str) -> Line:
    site, department, location, asset = (
        name_in(language, row[at] or "", row[at + 1] or "") for at in range(13, 21, 2)
    )
    *facts, announced, is_demo, assignee = row[:13]
    tag, place, text = row[21:]
    where = tuple(name for name in (department or site, location or place) if name)
    words = "" if row.title else _first_words(text)
    return Line(*(*facts, bool(announced), is_demo, assignee or "", where, asset, tag or "", words))


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:MOST_WORDS]}…" if len(line) > MOST_WORDS else line
