"""The sites, departments and locations from which a person chooses, within reach."""

from sqlalchemy import Select, select

from itops.db import db
from itops.models import Department, Location, Site
from itops.services.scoping import Within

#: More than so many departments are not offered at once: choose a site first.
MOST_DEPARTMENTS = 300


def sites(within: Within) -> list[Site]:
    """Return the sites that are within reach, also those of departments that are."""
    statement = select(Site).order_by(Site.id)
    if not within.everywhere:
        own = select(Department.site_id).where(Department.id.in_(within.department_ids))
        statement = statement.where(Site.id.in_(within.site_ids) | Site.id.in_(own))
    return list(db.session.scalars(statement))


def departments(within: Within, site_id: int | None) -> list[Department]:
    """Return the departments of a site (None: of all) that are within reach."""
    statement = select(Department).order_by(Department.site_id, Department.name)
    if site_id is not None:
        statement = statement.where(Department.site_id == site_id)
    return list(db.session.scalars(_reached(statement, within).limit(MOST_DEPARTMENTS)))


def locations(site_id: int) -> list[tuple[Location, str, str]]:
    """Return a site's locations with their paths in both languages, in the order of a walk."""
    found = {
        row.id: row
        for row in db.session.scalars(select(Location).where(Location.site_id == site_id))
    }

    def path(location: Location, language: str) -> str:
        names: list[str] = []
        step: Location | None = location
        while step is not None and len(names) < 9:
            names.append((step.name_en or step.name) if language == "en" else step.name)
            step = found.get(step.parent_id or 0)
        return " / ".join(reversed(names))

    paths = [(location, path(location, "zh"), path(location, "en")) for location in found.values()]
    return sorted(paths, key=lambda entry: entry[1])


def _reached(statement: Select[Department], within: Within) -> Select[Department]:
    if within.everywhere:
        return statement
    return statement.where(
        Department.site_id.in_(within.site_ids) | Department.id.in_(within.department_ids)
    )
