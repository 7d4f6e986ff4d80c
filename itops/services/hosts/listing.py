"""Lists of hosts, a page at a time: those that count worst first, the others by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, tuple_

from itops.checks.base import State
from itops.db import db
from itops.models import Asset, Enrolment, Host, HostState, Site
from itops.models.health import VERDICT, Shown, Verdict
from itops.services.hosts.board import Narrowing
from itops.services.hosts.standing import (
    AT,
    READ,
    STANDING,
    TROUBLE,
    Standing,
    Watch,
    approved,
    is_live,
    is_silent,
    standing_of,
)
from itops.services.places import paths as place_paths
from itops.services.places.paths import Names
from itops.services.search import finding as searching
from itops.services.search.index import Kind

PAGE_SIZE = 50
#: What a list tells of the hosts `keys`; built once, which takes longer than asking it.
LINES = place_paths.joined(
    select(
        *(Host.id, Host.name, Host.system, Host.address, Host.enrolment, Host.enrolled_at),
        *(Host.quarantined_at, HostState.last_seen_at, Asset.tag, Asset.name, Asset.name_en),
        *(HostState.findings[(0, "message")], Site.name, Site.name_en),
        *place_paths.COLUMNS,
        *VERDICT,
    )
    .join(HostState, HostState.host_id == Host.id)
    .outerjoin(Asset, Asset.id == Host.asset_id)
    .outerjoin(Site, Site.id == Host.site_id)
    .where(Host.id.in_(bindparam("keys", expanding=True))),
    Asset.location_id,
)

#: The hosts of a page among those that may not be OK, and among the others: these by name, so
#: that an index ends the search early.
IN_TROUBLE = (
    approved(Host.id, STANDING, hot=TROUBLE)
    .order_by(STANDING, Host.name, Host.id)
    .limit(PAGE_SIZE + 1)
)
WELL = (
    select(Host.id)
    .join(HostState, HostState.host_id == Host.id)
    .outerjoin(Asset, Asset.id == Host.asset_id)
    .where(is_live(), Host.id.not_in(select(TROUBLE.c.host_id)))
    .order_by(Host.name, Host.id)
    .limit(PAGE_SIZE + 1)
)
#: Where the host `after` stands, for the page that begins there.
_after = READ.where(HostState.host_id == bindparam("after")).cte("last")
LAST = approved(standing_of(_after).label("standing"), Host.name, Host.id, hot=_after)


class Listing(StrEnum):
    """Which hosts a list shows."""

    ALL = "all"
    PENDING = "pending"
    SILENT = "silent"
    QUARANTINED = "quarantined"
    REVOKED = "revoked"
    #: Whatever the one search tells of: those that wait and those that are former, too.
    EVERY = "every"


#: Lists of more than those that count, by name: a verdict ranks only those.
BY_NAME = frozenset({Listing.PENDING, Listing.REVOKED, Listing.EVERY})
#: States that a list can be narrowed to, and the standings that show them.
STANDINGS: dict[str, tuple[Standing, ...]] = {
    State.CRITICAL.value: (Standing.CRITICAL,),
    State.UNKNOWN.value: (Standing.UNKNOWN, Standing.QUIET),
    State.WARNING.value: (Standing.WARNING,),
    State.OK.value: (Standing.OK,),
    "quiet": (Standing.QUIET,),
}


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see."""

    listing: Listing = Listing.ALL
    state: str = ""
    text: str = ""
    #: The page begins after this host; 0 is the first page.
    after: int = 0


class Line(NamedTuple):
    """A host in a list with what is known of it; names are (name, name_en)."""

    id: int
    name: str
    system: str
    address: str
    enrolment: Enrolment
    enrolled_at: datetime
    quarantined_at: datetime | None
    last_seen_at: datetime | None
    asset_tag: str | None
    asset_name: Names
    #: From the building down, else the site alone; empty when neither is recorded.
    place: tuple[Names, ...]
    shown: Shown
    #: What is wrong, as a stored message, if a finding says it.
    finding: Mapping[str, Any] | None


@dataclass(frozen=True)
class Page:
    """A page of a list; `next_after` is where the next one begins, 0 if this is the last."""

    lines: Sequence[Line]
    next_after: int


def page(watch: Watch, asked: Asked, to: Narrowing) -> Page:
    """Return a page of hosts within reach. Two queries, or up to five.

    One that is needed where the hosts in trouble don't fill the page, and one for each before it
    that looks where the last page ended.
    """
    if asked.listing in BY_NAME:
        numbers = _by_name(watch, asked, to)
    else:
        numbers = _worst_first(watch, asked, to)
    more = numbers[PAGE_SIZE - 1] if len(numbers) > PAGE_SIZE else 0
    return Page(_lines(numbers[:PAGE_SIZE], watch.at), more)


def counts(watch: Watch) -> dict[Listing, int]:
    """Return how many hosts are in the lists that somebody has to look at."""
    # Each by its own index: an OR over both would read every host.
    waiting, distrusted = (
        select(func.count()).select_from(Host).where(condition, watch.within).scalar_subquery()
        for condition in (
            and_(Host.enrolment == Enrolment.PENDING, Host.merged_into_id.is_(None)),
            Host.quarantined_at.is_not(None),
        )
    )
    row = db.session.execute(select(waiting, distrusted)).one()
    return {Listing.PENDING: row[0], Listing.QUARANTINED: row[1]}


def _worst_first(watch: Watch, asked: Asked, to: Narrowing) -> list[int]:
    """Return the hosts of a page; those that are well are looked at if the others don't fill it."""
    last = _last(watch, asked)
    is_past_trouble = last is not None and last.standing == Standing.OK
    troubled = []
    if asked.state != State.OK and not is_past_trouble:
        troubled = _in_trouble(watch, asked, to, last)
    is_all = (asked.state and asked.state != State.OK) or asked.listing is not Listing.ALL
    if is_all or len(troubled) > PAGE_SIZE:
        return troubled
    return troubled + _well(watch, asked, to, last if is_past_trouble else None)


def _in_trouble(watch: Watch, asked: Asked, to: Narrowing, last: Row[Any] | None) -> list[int]:
    """Return the hosts of a page among those that may not be OK."""
    statement = IN_TROUBLE.where(watch.within, *to.conditions(), *_matching(asked.text))
    if asked.state:
        wanted = [int(one) for one in STANDINGS[asked.state]]
        statement = statement.where(STANDING.in_(wanted))
    if asked.listing is Listing.QUARANTINED:
        statement = statement.where(Host.quarantined_at.is_not(None))
    elif asked.listing is Listing.SILENT:
        statement = statement.where(is_silent(TROUBLE.c, AT))
    if last is not None:
        statement = statement.where(tuple_(STANDING, Host.name, Host.id) > tuple_(*last))
    return list(db.session.scalars(statement, watch.given))


def _well(watch: Watch, asked: Asked, to: Narrowing, last: Row[Any] | None) -> list[int]:
    """Return the hosts of a page that are OK: by name, so that an index ends the search early."""
    statement = WELL.where(watch.within, *to.conditions(), *_matching(asked.text))
    if last is not None:
        statement = statement.where(tuple_(Host.name, Host.id) > tuple_(last.name, last.id))
    return list(db.session.scalars(statement, watch.given))


def _last(watch: Watch, asked: Asked) -> Row[Any] | None:
    """Return where in the order the last page ended, if the page is not the first one."""
    if not asked.after:
        return None
    given = {**watch.given, "after": asked.after}
    return db.session.execute(LAST.where(watch.within), given).first()


def _by_name(watch: Watch, asked: Asked, to: Narrowing) -> list[int]:
    statement = (
        select(Host.id)
        .outerjoin(Asset, Asset.id == Host.asset_id)
        .where(watch.within, *to.conditions(), *_matching(asked.text))
        .order_by(Host.name, Host.id)
    )
    if asked.listing is not Listing.EVERY:
        statement = statement.where(Host.enrolment == asked.listing.value)
    if asked.listing is Listing.PENDING:
        statement = statement.where(Host.merged_into_id.is_(None))
    if asked.after:
        # Of a host out of reach not even the place in the alphabet is told: the list begins anew.
        seen = select(Host.name).where(Host.id == asked.after, watch.within).correlate(None)
        name = func.coalesce(seen.scalar_subquery(), "")
        statement = statement.where(tuple_(Host.name, Host.id) > tuple_(name, asked.after))
    return list(db.session.scalars(statement.limit(PAGE_SIZE + 1)))


def _matching(text: str) -> list[ColumnElement[bool]]:
    """Return what finds hosts by a part of name, address, or their asset's tag or name.

    And by the words under which the one search finds them: pinyin, a mark, an end of a serial.
    """
    if not text:
        return []
    columns = (Host.name, Host.address, Asset.tag, Asset.name)
    found = [column.icontains(text, autoescape=True) for column in columns]
    words = searching.among(Kind.HOST, text)
    return [or_(*found) if words is None else or_(*found, Host.id.in_(words))]


def _lines(keys: Sequence[int], at: datetime) -> list[Line]:
    """Return these hosts, in this order, with all that a list tells of each."""
    rows = db.session.execute(LINES, {"keys": keys})
    found = {row[0]: _line(row, at) for row in rows}
    return [found[key] for key in keys]


def _line(row: Any, at: datetime) -> Line:
    name, name_en, finding, site, site_en = row[9:14]
    place = place_paths.names(row[14:20]) or (((site, site_en),) if site else ())
    shown = Verdict(*row[20:]).shown(at)
    tells = shown.reason is None and shown.state is not State.OK
    names = (name or "", name_en or "")
    return Line._make((*row[:9], names, place, shown, finding if tells else None))
