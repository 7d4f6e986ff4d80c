"""What stands around an alert at a moment: dependencies, sites, what is down, what is quiet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.models import Alert, Asset, Criticality, Host, HostState, Quiet, Site, SystemModule
from itops.models.alert import HARD
from itops.services.alerting.rules import rule_of
from itops.services.alerting.subjects import Subject, building_key, is_building, is_place, site_key
from itops.services.hosts.standing import is_live
from itops.services.modules.graph import Graph, Node, NodeKind, read_graph
from itops.services.places import tree as place_tree
from itops.services.places.tree import PlaceTree

#: How much depends on something, least first.
CRITICALITIES = tuple(reversed(Criticality))


class Standpoint(NamedTuple):
    """What is asked of an alert's asset: where it stands, and what it is."""

    location_id: int | None
    type_key: str


class Surroundings:
    """Read when asked for, once for all the signals of a transaction."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        # What was asked before: many alerts of a moment are about few things.
        self._supports: dict[Node, list[Node]] = {}
        self._dependants: dict[Node, list[Node]] = {}
        # Assets that may be asked for, and what was read of them.
        self._expected: set[int] = set()
        self._assets: dict[int, Standpoint] = {}

    @cached_property
    def _graph(self) -> Graph:
        return read_graph()

    @cached_property
    def _parents(self) -> dict[int, int | None]:
        return dict(db.session.execute(select(Site.id, Site.parent_id)).all())

    @cached_property
    def _dead(self) -> dict[Node | str, list[Alert]]:
        """Alerts that say that a thing carries nothing any more, by the thing or by its key.

        Places have keys: "site:5", "location:7".
        """
        found: dict[Node | str, list[Alert]] = defaultdict(list)
        down = (State.CRITICAL, State.UNKNOWN)
        # No order and no lines of a list: what is hard at a moment is some hundred rows.
        for alert in db.session.scalars(
            select(Alert).where(Alert.status.in_(HARD), Alert.state.in_(down)).order_by(Alert.id)
        ):
            if rule_of(alert.rule).is_dead:
                for place in places_of(alert):
                    found[place].append(alert)
        return found

    @cached_property
    def quiets(self) -> list[Quiet]:
        """Planned stops and silences that hold now."""
        return list(
            db.session.scalars(
                select(Quiet)
                .where(Quiet.ends_at > self.at, Quiet.starts_at <= self.at)
                .order_by(Quiet.id)
            )
        )

    def below(self, nodes: Iterable[Node]) -> set[Node]:
        """Return all that these stand on."""
        return {found for node in nodes for found in self._below(node)}

    def above(self, nodes: Iterable[Node]) -> set[Node]:
        """Return all that stands on these."""
        return {found for node in nodes for found in self._above(node)}

    def _below(self, node: Node) -> list[Node]:
        if node not in self._supports:
            self._supports[node] = self._graph.supports(node)
        return self._supports[node]

    def _above(self, node: Node) -> list[Node]:
        if node not in self._dependants:
            self._dependants[node] = self._graph.dependants(node)
        return self._dependants[node]

    def is_within(self, site_id: int | None, root_id: int | None) -> bool:
        """Whether a site is `root_id` or under it; every site is under none."""
        return root_id is None or root_id in self.way_up(site_id)

    def sites_under(self, root_id: int) -> set[int]:
        """Return a site and all below it."""
        return {key for key in {*self._parents, root_id} if self.is_within(key, root_id)}

    def way_up(self, site_id: int | None) -> Iterator[int]:
        """Yield a site and those above it."""
        seen: set[int] = set()
        while site_id is not None and site_id not in seen:
            seen.add(site_id)
            yield site_id
            site_id = self._parents.get(site_id)

    def places_around(self, alert: Alert, *, with_building: bool) -> list[str]:
        """Return the subjects of the places that an alert's subject is in: sites, a building."""
        found = [site_key(site_id) for site_id in self.way_up(alert.site_id)]
        if with_building and alert.asset_id is not None:
            asset = self._asset(alert.asset_id)
            building = self._buildings.building_of(asset.location_id) if asset else None
            found += [building_key(building.id)] if building else []
        return found

    @cached_property
    def _buildings(self) -> PlaceTree:
        return place_tree.load()

    def expect(self, several: Iterable[Alert | Subject]) -> None:
        """Note whose assets may be asked for next: they are read together, if one is."""
        self._expected |= {one.asset_id for one in several if one.asset_id is not None}

    def _asset(self, asset_id: int) -> Standpoint | None:
        if asset_id not in self._assets:
            wanted = {asset_id, *self._expected} - self._assets.keys()
            columns = (Asset.id, Asset.location_id, Asset.type_key)
            rows = db.session.execute(select(*columns).where(Asset.id.in_(wanted)))
            self._assets |= {key: Standpoint(place, kind) for key, place, kind in rows}
        return self._assets.get(asset_id)

    def is_alive(self, alert: Alert) -> bool:
        """Whether what an alert is about speaks for itself, whatever became of the place around it.

        A machine that is heard does, and what stands on one; and a module of which nobody wrote
        down where it runs: nothing says that it is there.
        """
        if is_place(alert.subject):
            return False
        if alert.host_id is not None:
            return alert.host_id in self._heard[0]
        own = set(nodes_of(alert))
        assets = {one.id for one in own | self.below(own) if one.kind is NodeKind.ASSET}
        return not assets or not assets.isdisjoint(self._heard[1])

    @cached_property
    def _heard(self) -> tuple[set[int], set[int]]:
        """The hosts that are heard now, and their assets; asked for where a place is dead."""
        rows = db.session.execute(
            select(Host.id, Host.asset_id)
            .join(HostState, HostState.host_id == Host.id)
            .where(HostState.stale_at > self.at, HostState.farewell_at.is_(None), is_live())
        ).all()
        return {row[0] for row in rows}, {row[1] for row in rows if row[1] is not None}

    def note_dead(self, alert: Alert) -> None:
        """Take an alert into account that became hard in this very transaction."""
        if "_dead" in self.__dict__ and rule_of(alert.rule).is_dead:
            for place in places_of(alert):
                if alert not in self._dead[place]:
                    self._dead[place].append(alert)

    def cause_of(self, alert: Alert) -> Alert | None:
        """Return the alert that explains this one: something that it stands on is down."""
        own = set(nodes_of(alert))
        places: list[Node | str] = [*own, *self.below(own)]
        is_one_dead = any(isinstance(one, str) and is_building(one) for one in self._dead)
        places += self.places_around(alert, with_building=is_one_dead)
        for place in places:
            if isinstance(place, str) and self._dead.get(place) and self.is_alive(alert):
                continue
            for found in self._dead.get(place, ()):
                is_other = found.id != alert.id and found.subject != alert.subject
                if is_other and not found.is_over and not _stands_on(found, alert):
                    return _root(found)
        return None

    def criticality_of(self, alert: Alert) -> Criticality:
        """Return how much depends on the subject: as much as on the dearest that stands on it."""
        above = {one.id for one in self.above(nodes_of(alert)) if one.kind is NodeKind.MODULE}
        found = [alert.criticality, *(self._modules[key] for key in above & self._modules.keys())]
        return max(found, key=CRITICALITIES.index)

    @cached_property
    def _modules(self) -> dict[int, Criticality]:
        rows = db.session.execute(select(SystemModule.id, SystemModule.criticality))
        return dict(rows.all())

    def type_of(self, asset_id: int | None) -> str | None:
        """Return the key of an asset's type."""
        asset = self._asset(asset_id) if asset_id is not None else None
        return asset.type_key if asset else None


def nodes_of(alert: Alert | Quiet) -> list[Node]:
    """Return the asset and the module that an alert is about, or a planned stop."""
    pairs = ((NodeKind.ASSET, alert.asset_id), (NodeKind.MODULE, alert.module_id))
    return [Node(kind, key) for kind, key in pairs if key is not None]


def places_of(alert: Alert) -> list[Node | str]:
    """Return what is dead when an alert says so: a place, a machine, or else a module."""
    if is_place(alert.subject):
        return [alert.subject]
    return list(nodes_of(alert)[:1])


def _root(alert: Alert) -> Alert:
    seen = {alert.id}
    while alert.cause is not None and not alert.cause.is_over and alert.cause.id not in seen:
        alert = alert.cause
        seen.add(alert.id)
    return alert


def _stands_on(alert: Alert, other: Alert) -> bool:
    """Whether `other` is already told as the cause of `alert`: they can't explain each other."""
    seen: set[int] = set()
    cause = alert.cause
    while cause is not None and cause.id not in seen:
        if cause.id == other.id:
            return True
        seen.add(cause.id)
        cause = cause.cause
    return False
