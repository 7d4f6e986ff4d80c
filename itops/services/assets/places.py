"""The sites, departments and locations from which a person chooses, within reach."""

from typing import Any, TypeVar

from sqlalchemy import Select, select

from itops.db import db
from itops.i18n import name_in
from itops.models import Department, Location, Site
from itops.services.places import paths as place_paths
from itops.services.scoping import Within

S = TypeVar("S", bound=Select[*tuple[Any, ...]])

#: More than so many departments are not offered at once: choose a site first.
MOST_DEPARTMENTS = 300


def sites(within: Within) -> list[Site]:
    """Return the sites that are within reach, also those of departments that are."""
    statement = _reached_sites(select(Site), within).order_by(Site.id)
    return list(db.session.scalars(statement))


def departments(within: Within, site_id: int | None) -> list[Department]:
    """Return the departments of a site (None: of all) that are within reach."""
    statement = select(Department).order_by(Department.site_id, Department.name)
    if site_id is not None:
        statement = statement.where(Department.site_id == site_id)
    return list(db.session.scalars(_reached(statement, within).limit(MOST_DEPARTMENTS)))


def site_names(within: Within, language: str) -> list[tuple[int, str]]:
    """Return the sites that are within reach as (id, name), as `sites` does."""
    statement = _reached_sites(select(Site.id, Site.name, Site.name_en), within)
    rows = db.session.execute(statement.order_by(Site.id))
    return [(key, name_in(language, name, name_en)) for key, name, name_en in rows]


def department_names(within: Within, site_id: int, language: str) -> list[tuple[int, str]]:
    """Return the departments of a site that are within reach as (id, name)."""
    found = departments(within, site_id)
    return [(row.id, name_in(language, row.name, row.name_en)) for row in found]


def locations(site_id: int) -> list[tuple[Location, str, str]]:
    """Return a site's locations with their paths in both languages, in the order of a walk."""
    statement = select(Location).where(Location.site_id == site_id)
    found = {row.id: row for row in db.session.scalars(statement)}
    ways = [
        (location, place_paths.way_to(location, lambda step: found.get(step.parent_id or 0)))
        for location in found.values()
    ]
    paths = [
        (location, place_paths.written(way, "zh_Hans"), place_paths.written(way, "en"))
        for location, way in ways
    ]
    return sorted(paths, key=lambda entry: entry[1])


def _reached_sites(statement: S, within: Within) -> S:
    if within.everywhere:
        return statement
    own = select(Department.site_id).where(Department.id.in_(within.department_ids))
    return statement.where(Site.id.in_(within.site_ids) | Site.id.in_(own))


def _reached(statement: Select[Department], within: Within) -> Select[Department]:
    if within.everywhere:
        return statement
    return statement.where(
        Department.site_id.in_(within.site_ids) | Department.id.in_(within.department_ids)
    )
