"""Lists of assets: narrowed, in the order of the tag, a page at a time by key, never counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.orm import joinedload

from itops.checks.base import State
from itops.db import UtcDateTime, db
from itops.models import (
    Asset,
    AssetType,
    Department,
    Host,
    HostState,
    Lifecycle,
    Location,
    Site,
)
from itops.models.health import VERDICT, Shown, Verdict
from itops.services import scoping
from itops.services.places import paths as place_paths
from itops.services.scoping import Within
from itops.services.search import finding as searching
from itops.services.search.index import Kind

PAGE = 50
#: What a person may ask for of the health of an asset's host; `none`: it has no host.
NO_HOST = "none"
#: Written out, not as parameters: SQLite uses a partial index only for its own very words.
IS_LIVE = text("host.enrolment != 'revoked' AND host.merged_into_id IS NULL")
#: What a search found, up to a thousand: as many parameters would take longer than the query.
FOUND = bindparam("found", type_=Integer, expanding=True, literal_execute=True)
#: What the page of one asset names beside it, loaded with it.
SURROUNDINGS = (
    joinedload(Asset.type),
    joinedload(Asset.site),
    joinedload(Asset.department),
    joinedload(Asset.location).joinedload(Location.parent).joinedload(Location.parent),
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list is narrowed to. Empty: not narrowed by that."""

    q: str = ""
    type_key: str = ""
    lifecycle: Lifecycle | None = None
    site_id: int | None = None
    department_id: int | None = None
    health: State | str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for at all."""
        return any(getattr(self, entry.name) for entry in fields(self))


@dataclass(frozen=True)
class Line:
    """An asset as a list shows it; names are (name, name_en)."""

    id: int
    tag: str
    name: str
    name_en: str
    lifecycle: Lifecycle
    custodian: str
    model: str
    ip_address: str
    is_demo: bool
    type: tuple[str, str]
    site: tuple[str, str]
    department: tuple[str, str] | None
    #: From the building down; empty when it is not recorded.
    place: tuple[tuple[str, str], ...]
    host_id: int | None
    health: Shown | None


@dataclass(frozen=True)
class Page:
    """Some lines of a list, and whether there are lines before and after them."""

    lines: list[Line] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False
    #: More were found than are looked at.
    is_cut: bool = False

    @classmethod
    def of(cls, lines: list[Line], *, after: str, before: str, is_cut: bool) -> Self:
        """Given one line more than a page holds, return the page."""
        more = len(lines) > PAGE
        shown = lines[:PAGE]
        if before and not after:
            return cls(shown[::-1], has_next=True, has_previous=more, is_cut=is_cut)
        return cls(shown, has_next=more, has_previous=bool(after), is_cut=is_cut)


def page(
    wanted: Wanted, *, within: Within, at: datetime, after: str = "", before: str = ""
) -> Page:
    """Return the page that follows the tag `after`, or comes before the tag `before`."""
    found, is_back = searched(wanted, within), bool(before and not after)
    keys = _keys(replace(wanted, q=""), within, is_of_found=found is not None, is_back=is_back)
    given = {"tag": before if is_back else after, "at": at, "found": found or ()}
    # The keys first, then the lines: sorting sorts numbers, not whole rows.
    chosen = list(db.session.scalars(keys, given))
    is_cut = found is not None and len(found) >= searching.MOST_FOUND
    ordered = lines(chosen, within=within, at=at)
    return Page.of(ordered, after=after, before=before, is_cut=is_cut)


def lines(keys: list[int], *, within: Within, at: datetime) -> list[Line]:
    """Return these assets as a list shows them, in the order of `keys`; others' are left out."""
    rows = db.session.execute(_lines(within), {"keys": keys})
    found = {row[0]: _line(row, at) for row in rows}
    return [found[key] for key in keys if key in found]


def searched(wanted: Wanted, within: Within) -> list[int] | None:
    """Return the ids that the search found; None: nothing is searched for."""
    if not wanted.q.strip():
        return None
    also = searching.belongs(
        type_key=wanted.type_key or None,
        lifecycle=wanted.lifecycle,
        site_id=wanted.site_id,
        department_id=wanted.department_id,
    )
    return searching.find(Kind.ASSET, wanted.q, within=within, also=also)


def in_reach(within: Within) -> ColumnElement[bool]:
    """Return what narrows a list of assets to a person's reach."""
    return scoping.in_reach(within, Asset.site_id, Asset.department_id, Asset.id)


# A statement is built once for a reader's reach: building one takes longer than asking it.


@lru_cache(maxsize=256)
def _keys(wanted: Wanted, within: Within, *, is_of_found: bool, is_back: bool) -> Select[int]:
    """Return the statement of a page's keys: beyond `tag`, of health at `at`, among `found`."""
    at, tag = bindparam("at", type_=UtcDateTime), bindparam("tag", type_=String)
    narrowed = conditions(wanted, at, FOUND if is_of_found else None)
    keys = select(Asset.id).where(in_reach(within), *narrowed).limit(PAGE + 1)
    if is_back:
        return keys.where(Asset.tag < tag).order_by(Asset.tag.desc())
    return keys.where(Asset.tag > tag).order_by(Asset.tag)


@lru_cache(maxsize=256)
def _lines(within: Within) -> Select[*tuple[Any, ...]]:
    """Return the statement of what a list tells of the assets `keys`."""
    statement = (
        select(
            *(Asset.id, Asset.tag, Asset.name, Asset.name_en, Asset.lifecycle, Asset.custodian),
            *(Asset.model, Asset.ip_address, Asset.is_demo, AssetType.name, AssetType.name_en),
            *(Site.name, Site.name_en, Department.name, Department.name_en),
            *place_paths.COLUMNS,
            *(Host.id, *VERDICT),
        )
        .select_from(Asset)
        .join(AssetType, AssetType.key == Asset.type_key)
        .join(Site, Site.id == Asset.site_id)
        .outerjoin(Department, Department.id == Asset.department_id)
        .outerjoin(Host, and_(Host.asset_id == Asset.id, IS_LIVE))
        .outerjoin(HostState, HostState.host_id == Host.id)
        .where(Asset.id.in_(bindparam("keys", expanding=True)), in_reach(within))
    )
    return place_paths.joined(statement, Asset.location_id)


def conditions(
    wanted: Wanted,
    at: datetime | BindParameter[datetime],
    found: list[int] | BindParameter[Any] | None,
) -> Iterator[ColumnElement[bool]]:
    """Yield what narrows a list of assets to what is wanted, and to what was found."""
    for column, value in (
        (Asset.type_key, wanted.type_key),
        (Asset.lifecycle, wanted.lifecycle),
        (Asset.site_id, wanted.site_id),
        (Asset.department_id, wanted.department_id),
    ):
        if value:
            yield column == value
    if wanted.health:
        yield _has_health(wanted.health, at)
    if found is not None:
        yield Asset.id.in_(found)


def _has_health(health: State | str, at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that says in SQL what `HostState.shown` says of one row."""
    if health == NO_HOST:
        live = select(Host.id).where(Host.asset_id == Asset.id, IS_LIVE)
        return ~live.exists()
    known = (HostState.farewell_at.is_(None), HostState.stale_at > at)
    if health == State.UNKNOWN:
        shown = or_(
            HostState.farewell_at.is_not(None),
            HostState.stale_at.is_(None),
            HostState.stale_at <= at,
            HostState.state == State.UNKNOWN,
        )
    else:
        shown = and_(*known, HostState.state == health)
    with_host = select(Host.asset_id).join(HostState, HostState.host_id == Host.id)
    return Asset.id.in_(with_host.where(Host.asset_id.is_not(None), IS_LIVE, shown))


def _line(row: Any, at: datetime) -> Line:
    kind, site, department = [(row[i], row[i + 1]) if row[i] else None for i in range(9, 15, 2)]
    host_id, *verdict = row[21:]
    where = (kind or ("", ""), site or ("", ""), department, place_paths.names(row[15:21]))
    # A host without a state has never been heard.
    health = None if host_id is None else Verdict(*verdict).shown(at)
    return Line(*(*row[:9], *where, host_id, health))
