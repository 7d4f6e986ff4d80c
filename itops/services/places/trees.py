"""The trees of places, in the order in which people read them."""

from collections.abc import Sequence

from sqlalchemy import select

from itops.db import db
from itops.models import Location, LocationKind, Site, SiteKind


def tree_of(sites: Sequence[Site]) -> list[tuple[int, Site]]:
    """Return sites under their parents, each with its depth; by kind and name among siblings."""
    ids = {site.id for site in sites}
    below: dict[int | None, list[Site]] = {}
    for site in sorted(sites, key=lambda s: (list(SiteKind).index(s.kind), s.name)):
        below.setdefault(site.parent_id if site.parent_id in ids else None, []).append(site)
    told: list[tuple[int, Site]] = []

    def tell(parent_id: int | None, depth: int) -> None:
        for site in below.get(parent_id, []):
            told.append((depth, site))
            tell(site.id, depth + 1)

    tell(None, 0)
    return told


def rooms_of(site: Site) -> list[tuple[int, Location]]:
    """Return a site's buildings, floors and rooms, each with its depth; floors top down."""
    statement = select(Location).where(Location.site_id == site.id)
    below: dict[int | None, list[Location]] = {}
    for location in db.session.scalars(statement):
        below.setdefault(location.parent_id, []).append(location)
    told: list[tuple[int, Location]] = []

    def tell(parent_id: int | None, depth: int) -> None:
        for location in sorted(below.get(parent_id, []), key=_order):
            told.append((depth, location))
            tell(location.id, depth + 1)

    tell(None, 0)
    return told


def _order(location: Location) -> tuple[int, int, str]:
    is_floor = location.kind is LocationKind.FLOOR
    return (
        list(LocationKind).index(location.kind),
        -location.position if is_floor else 0,
        location.name,
    )
