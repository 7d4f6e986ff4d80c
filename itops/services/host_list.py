"""Lists of hosts, a page at a time: those that count worst first, the others by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, func, or_, select, tuple_
from sqlalchemy.orm import defer, joinedload

from itops.checks.base import State
from itops.db import db
from itops.models import Asset, Enrolment, Host, HostState
from itops.services.host_board import Narrowing
from itops.services.host_standing import HOT, Standing, Watch

PAGE_SIZE = 50


class Listing(StrEnum):
    """Which hosts a list shows."""

    ALL = "all"
    PENDING = "pending"
    SILENT = "silent"
    QUARANTINED = "quarantined"
    REVOKED = "revoked"


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


@dataclass(frozen=True)
class Line:
    """A host in a list with what is known of it."""

    host: Host
    state: HostState
    standing: Standing


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
    if asked.listing in {Listing.PENDING, Listing.REVOKED}:
        numbers = _by_name(watch, asked, to)
    else:
        numbers = _worst_first(watch, asked, to)
    more = numbers[PAGE_SIZE - 1][0] if len(numbers) > PAGE_SIZE else 0
    return Page(_lines(numbers[:PAGE_SIZE]), more)


def counts(watch: Watch) -> dict[Listing, int]:
    """Return how many hosts are in the lists that somebody has to look at."""
    is_waiting = Host.enrolment == Enrolment.PENDING
    row = db.session.execute(
        select(
            func.count().filter(is_waiting, Host.merged_into_id.is_(None)),
            func.count().filter(Host.quarantined_at.is_not(None)),
        ).where(or_(is_waiting, Host.quarantined_at.is_not(None)), watch.within)
    ).one()
    return {Listing.PENDING: row[0], Listing.QUARANTINED: row[1]}


def _worst_first(watch: Watch, asked: Asked, to: Narrowing) -> list[tuple[int, Standing]]:
    """Return the hosts of a page; those that are well are looked at if the others don't fill it."""
    if asked.state == State.OK:
        return _among(watch, HOT, asked, to)
    troubled = _among(watch, watch.trouble(), asked, to)
    is_all = asked.state or asked.listing is Listing.SILENT
    return troubled if is_all or len(troubled) > PAGE_SIZE else _among(watch, HOT, asked, to)


def _among(watch: Watch, hot: CTE, asked: Asked, to: Narrowing) -> list[tuple[int, Standing]]:
    """Return the hosts of a page among those in `hot`; of all hosts, or of those in trouble."""
    standing = watch.standing(hot)
    statement = watch.hosts(Host.id, standing, hot=hot)
    statement = statement.where(*to.conditions(), *_matching(asked.text))
    if asked.state:
        wanted = [int(one) for one in STANDINGS[asked.state]]
        statement = statement.where(standing.in_(wanted))
    elif hot is not HOT:
        statement = statement.where(standing != int(Standing.OK))
    if asked.listing is Listing.QUARANTINED:
        statement = statement.where(Host.quarantined_at.is_not(None))
    elif asked.listing is Listing.SILENT:
        quiet = [int(Standing.UNKNOWN), int(Standing.QUIET)]
        statement = statement.where(standing.in_(quiet), _is_silent(watch))
    key = (standing, Host.name, Host.id)
    last = _last(watch, asked)
    if last is not None:
        statement = statement.where(tuple_(*key) > tuple_(*last))
    rows = db.session.execute(statement.order_by(*key).limit(PAGE_SIZE + 1))
    return [(host_id, Standing(where)) for host_id, where in rows]


def _last(watch: Watch, asked: Asked) -> Row[Any] | None:
    """Return where in the order the last page ended, if the page is not the first one."""
    if not asked.after:
        return None
    key = (watch.standing(), Host.name, Host.id)
    return db.session.execute(watch.hosts(*key).where(Host.id == asked.after)).first()


def _is_silent(watch: Watch) -> ColumnElement[bool]:
    heard = select(HostState.host_id).where(
        HostState.stale_at > watch.at, HostState.farewell_at.is_(None)
    )
    return Host.id.not_in(heard)


def _by_name(watch: Watch, asked: Asked, to: Narrowing) -> list[tuple[int, Standing]]:
    statement = (
        select(Host.id)
        .outerjoin(Asset, Asset.id == Host.asset_id)
        .where(Host.enrolment == asked.listing.value, watch.within)
        .where(*to.conditions(), *_matching(asked.text))
        .order_by(Host.name, Host.id)
    )
    if asked.listing is Listing.PENDING:
        statement = statement.where(Host.merged_into_id.is_(None))
    if asked.after:
        name = select(Host.name).where(Host.id == asked.after).scalar_subquery()
        statement = statement.where(tuple_(Host.name, Host.id) > tuple_(name, asked.after))
    return [(key, Standing.UNKNOWN) for key in db.session.scalars(statement.limit(PAGE_SIZE + 1))]


def _matching(text: str) -> list[ColumnElement[bool]]:
    """Return what finds hosts by a part of name, address, or their asset's tag or name."""
    if not text:
        return []
    columns = (Host.name, Host.address, Asset.tag, Asset.name)
    return [or_(*(column.icontains(text, autoescape=True) for column in columns))]


def _lines(numbers: Sequence[tuple[int, Standing]]) -> list[Line]:
    """Return the hosts of the numbers, in their order, with all that a list tells of each."""
    rows = db.session.execute(
        select(Host, HostState)
        .join(HostState, HostState.host_id == Host.id)
        .where(Host.id.in_([number for number, _ in numbers]))
        .options(
            joinedload(Host.asset).joinedload(Asset.type),
            joinedload(Host.site),
            defer(HostState.latest, raiseload=True),
            defer(HostState.services, raiseload=True),
        )
    )
    found = {host.id: (host, state) for host, state in rows}
    return [Line(*found[number], standing) for number, standing in numbers]
