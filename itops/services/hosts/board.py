"""The fleet in figures: how many hosts stand where, by state, type, building and site."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import Asset, AssetType, Enrolment, Host, HostState, SiteKind, StateChange
from itops.services.hosts.standing import Standing, Watch, approved, is_live
from itops.services.hosts.trouble import Troubled
from itops.services.places.tree import PlaceTree, SitePlace, Spot

#: From so many places of one kind on, one chip stands for the kind.
MOST_CHIPS_A_KIND = 6


@dataclass(frozen=True)
class Narrowing:
    """What a reader narrowed the fleet to; the ids are of things that exist."""

    site_ids: frozenset[int] | None = None
    spot_ids: frozenset[int] | None = None
    #: The key of a type; "" are the hosts without an asset.
    type_key: str | None = None

    def leaves(self, some: "Group | Troubled") -> bool:
        """Whether these hosts, or this one, are in view."""
        return (
            (self.site_ids is None or some.site_id in self.site_ids)
            and (self.spot_ids is None or some.location_id in self.spot_ids)
            and (self.type_key is None or (some.type_key or "") == self.type_key)
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the same for a select over Host and Asset."""
        made: list[ColumnElement[bool]] = []
        if self.site_ids is not None:
            made.append(Host.site_id.in_(self.site_ids))
        if self.spot_ids is not None:
            made.append(Asset.location_id.in_(self.spot_ids))
        if self.type_key is not None:
            made.append(Asset.type_key == self.type_key if self.type_key else Asset.id.is_(None))
        return made


_IN_ORDER = tuple(Standing)
#: Each state's standings, as plain numbers.
_SHOWN_BY: dict[State, list[int]] = {
    state: [int(one) for one in Standing if one.state is state] for state in State
}


class Group(NamedTuple):
    """So many hosts of one type in one place stand alike."""

    site_id: int | None
    location_id: int | None
    type_key: str | None
    #: A Standing, as the database gives it.
    standing: int
    hosts: int


#: A group of its fields, which are known to be all: some thousand a page, in half the time.
_GROUP: Callable[[Any], Group] = partial(tuple.__new__, Group)


class Tally:
    """How many hosts stand where."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        #: By Standing, which counts from 0; a board makes some thousand of these.
        self.counts = [0] * len(Standing)

    @classmethod
    def together(cls, tallies: Iterable["Tally"]) -> "Tally":
        """Return how the hosts of several tallies stand together."""
        made = cls()
        columns = zip(made.counts, *(one.counts for one in tallies), strict=True)
        made.counts = [sum(column) for column in columns]
        return made

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def quiet(self) -> int:
        """How many of the unknown ones were switched off, or aren't expected to be heard."""
        return self.counts[Standing.QUIET]

    @property
    def worst(self) -> Standing:
        """The worst standing that occurs; an empty tally is OK."""
        for standing, n in zip(_IN_ORDER, self.counts, strict=True):
            if n:
                return standing
        return Standing.OK

    def of(self, state: State) -> int:
        """Return how many show `state`."""
        return sum([self.counts[one] for one in _SHOWN_BY[state]])


@dataclass(frozen=True)
class Chip:
    """A part of the fleet that can be chosen: a building, a site, or all sites of a kind."""

    count: int
    spot: Spot | None = None
    site: SitePlace | None = None
    site_kind: SiteKind | None = None


@dataclass(frozen=True)
class TypeRow:
    """A type of machine and how its hosts stand; None are the hosts without an asset."""

    type: AssetType | None
    tally: Tally


WITH_STATE = (
    select(HostState.host_id).cte("with_state").prefix_with("MATERIALIZED", dialect="sqlite")
)
PLACES = approved(Host.site_id, Asset.location_id, Asset.type_key, hot=WITH_STATE)


def groups(watch: Watch, troubled: Sequence[Troubled]) -> list[Group]:
    """Return all hosts within reach, counted by place, type and standing. One query.

    Given those that may not be OK, it asks only where the hosts are: to tell each one's standing,
    and to sort them for counting, takes the database longer than all else.
    """
    # On the connection: a session would make each of some thousand rows twice.
    rows = db.session.connection().execute(PLACES.where(watch.within))
    hosts = Counter(map(tuple, rows.all()))
    hosts.subtract(one[1:4] for one in troubled)
    found = [(*alike, n) for alike, n in Counter(one[1:5] for one in troubled).items()]
    found += [(*place, int(Standing.OK), n) for place, n in hosts.items() if n > 0]
    return list(map(_GROUP, found))


def tally(found: Iterable[Group]) -> Tally:
    """Return how all of `found` stand together."""
    made = Tally()
    for _, _, _, standing, hosts in found:
        made.counts[standing] += hosts
    return made


def narrowed(found: list[Group], to: Narrowing) -> list[Group]:
    """Return the groups in view."""
    return found if to == Narrowing() else [group for group in found if to.leaves(group)]


def by_type(found: Iterable[Group], types: Sequence[AssetType]) -> list[TypeRow]:
    """Return a row a type that occurs, in the order of the code table, unmatched hosts last."""
    tallies: defaultdict[str | None, Tally] = defaultdict(Tally)
    for _, _, type_key, standing, hosts in found:
        tallies[type_key].counts[standing] += hosts
    known = [TypeRow(kind, tallies[kind.key]) for kind in types if kind.key in tallies]
    return [*known, TypeRow(None, tallies[None])] if None in tallies else known


def chips(found: Iterable[Group], tree: PlaceTree) -> list[Chip]:
    """Return the parts of the fleet to choose from: buildings first, then sites without any."""
    buildings: defaultdict[int, int] = defaultdict(int)
    sites: defaultdict[int, int] = defaultdict(int)
    for site_id, location_id, _, _, hosts in found:
        building = tree.building_of(location_id)
        if building is not None:
            buildings[building.id] += hosts
        elif site_id is not None and site_id in tree.sites:
            sites[site_id] += hosts
    spots = sorted((tree.spots[key] for key in buildings), key=_in_order)
    made = [Chip(buildings[spot.id], spot=spot) for spot in spots]
    for kind in SiteKind:
        of_kind = [tree.sites[key] for key in sorted(sites) if tree.sites[key].kind is kind]
        if len(of_kind) > MOST_CHIPS_A_KIND:
            made.append(Chip(sum(sites[site.id] for site in of_kind), site_kind=kind))
        else:
            made += [Chip(sites[site.id], site=site) for site in of_kind]
    return made


def changes_of_a_day(watch: Watch) -> dict[State, int] | None:
    """Return by how much each state's count grew in 24 hours, or None if nothing is known of then.

    Every transition is a row, so that what came and went adds up to the difference. Hosts that
    were approved since then are left out: they were not counted yesterday.
    """
    then = watch.at - timedelta(days=1)
    known = db.session.scalar(select(StateChange.id).where(StateChange.at <= then).limit(1))
    if known is None:
        return None
    others = select(Host.id).where(or_(~is_live(), Host.approved_at > then, ~watch.within))
    rows = db.session.execute(
        select(StateChange.old, StateChange.new, func.count())
        .where(StateChange.at > then, StateChange.host_id.not_in(others))
        .group_by(StateChange.old, StateChange.new)
    )
    grown = dict.fromkeys(BOARD_ORDER, 0)
    for old, new, count in rows:
        grown[old] -= count
        grown[new] += count
    return grown


def changes_since(watch: Watch, then: datetime) -> int:
    """Return how many hosts within reach changed their state after `then`."""
    others = select(Host.id).where(or_(~is_live(), ~watch.within))
    return (
        db.session.scalar(
            select(func.count(StateChange.host_id.distinct())).where(
                StateChange.at > then, StateChange.host_id.not_in(others)
            )
        )
        or 0
    )


def waiting(within: ColumnElement[bool]) -> Select[int]:
    """Return the count of machines within reach that wait for somebody to let them in."""
    pending = and_(Host.enrolment == Enrolment.PENDING, Host.merged_into_id.is_(None))
    return select(func.count()).select_from(Host).where(pending, within)


def _in_order(spot: Spot) -> tuple[int, int, int]:
    return spot.site_id, spot.position, spot.id
