"""The tree of places held in memory for one page: sites, buildings, floors and rooms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from itops.db import db
from itops.models import Location, LocationKind, Site, SiteKind


class SitePlace(NamedTuple):
    """A site as pages name it."""

    id: int
    parent_id: int | None
    kind: SiteKind
    name: str
    name_en: str


class Spot(NamedTuple):
    """A building, floor or room as pages name it."""

    id: int
    site_id: int
    parent_id: int | None
    kind: LocationKind
    name: str
    name_en: str
    position: int


@dataclass(frozen=True)
class PlaceTree:
    """Every site and location by its number."""

    sites: Mapping[int, SitePlace]
    spots: Mapping[int, Spot]
    #: What was asked before: a board asks for each of some thousand hosts.
    _ways: dict[int | None, tuple[Spot, ...]] = field(default_factory=dict)
    _buildings: dict[int | None, Spot | None] = field(default_factory=dict)

    def way_to(self, spot_id: int | None) -> tuple[Spot, ...]:
        """Return building, floor and room, as far as they are known, outermost first."""
        way = self._ways.get(spot_id)
        if way is None:
            spot = self.spots.get(spot_id or 0)
            self._ways[spot_id] = ()  # ends a circle, which no form lets anybody make
            way = self._ways[spot_id] = (*self.way_to(spot.parent_id), spot) if spot else ()
        return way

    def building_of(self, spot_id: int | None) -> Spot | None:
        """Return the building that a place is in, if it is in one."""
        if spot_id not in self._buildings:
            way = self.way_to(spot_id)
            is_inside = way and way[0].kind is LocationKind.BUILDING
            self._buildings[spot_id] = way[0] if is_inside else None
        return self._buildings[spot_id]

    def site_and_below(self, site_id: int) -> set[int]:
        """Return a site and every site under it."""
        return set(_below(site_id, {site.id: site.parent_id for site in self.sites.values()}))

    def spot_and_below(self, spot_id: int) -> set[int]:
        """Return a building or floor and all that is in it."""
        return set(_below(spot_id, {spot.id: spot.parent_id for spot in self.spots.values()}))


def load() -> PlaceTree:
    """Read the whole tree: some hundred sites, some thousand rooms. Two queries."""
    sites = db.session.connection().execute(
        select(Site.id, Site.parent_id, Site.kind, Site.name, Site.name_en).order_by(Site.id)
    )
    spots = db.session.connection().execute(
        select(
            Location.id,
            Location.site_id,
            Location.parent_id,
            Location.kind,
            Location.name,
            Location.name_en,
            Location.position,
        )
    )
    return PlaceTree(
        {row[0]: SitePlace._make(row) for row in sites}, {row[0]: Spot._make(row) for row in spots}
    )


def _below(root: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    children: dict[int | None, list[int]] = {}
    for key, parent in parents.items():
        children.setdefault(parent, []).append(key)
    waiting, seen = [root], {root}
    while waiting:
        here = waiting.pop()
        yield here
        fresh = [child for child in children.get(here, []) if child not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
