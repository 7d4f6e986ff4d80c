"""Sites, departments and locations by the names that a ledger writes; missing ones can be made."""

import re
from collections import Counter
from collections.abc import Callable

from sqlalchemy import select

from itops.db import db
from itops.errors import Invalid
from itops.models import Department, Location, LocationKind, Site
from itops.services.assets.importing.headers import plain
from itops.services.scoping import Within

#: A place's name and those of what it stands in, from the building down.
Path = tuple[str, ...]
BETWEEN = re.compile(r"[/／\\›>→]")
LONGEST_NAME = 120


class Places:
    """The places that a person reaches, read once; names are compared as `plain` makes them."""

    def __init__(self, within: Within) -> None:
        self._sites = {site.id: site for site in db.session.scalars(select(Site))}
        self._names: dict[str, list[int]] = {}
        for site in self._sites.values():
            if within.everywhere or site.id in within.site_ids:
                for name in {plain(site.name), plain(site.name_en)} - {""}:
                    self._names.setdefault(name, []).append(site.id)
        self._kept: list[Department | Location] = []
        self._departments: dict[int, dict[str, int]] = {}
        self._locations: dict[int, dict[str, set[int]]] = {}

    def site(self, written: str) -> int:
        """Return the site of that name. Raise Invalid if there is none within reach, or several."""
        found = self._names.get(plain(written), [])
        if len(found) != 1:
            raise Invalid("import.site_unknown", name=written[:80])
        return found[0]

    def department(self, site_id: int, written: str) -> int | None:
        """Return the department of that name at a site, if there is one."""
        if site_id not in self._departments:
            there = select(Department).where(Department.site_id == site_id)
            rows = list(db.session.scalars(there))
            self._kept += rows
            names = [(name, row.id) for row in rows for name in (row.name_en, row.name)]
            self._departments[site_id] = {plain(name): key for name, key in names if name}
        return self._departments[site_id].get(plain(written))

    def location(self, site_id: int, written: str) -> int | None:
        """Return the location of that path or name at a site. Raise Invalid if several are so."""
        if site_id not in self._locations:
            rows = list(db.session.scalars(select(Location).where(Location.site_id == site_id)))
            self._kept += rows
            self._locations[site_id] = _by_path({row.id: row for row in rows})
        found = self._locations[site_id].get(plain("".join(path_of(written))), set())
        if len(found) > 1:
            raise Invalid("import.place_ambiguous", name=written[:80])
        return next(iter(found), None)


def path_of(written: str) -> Path:
    """Return the names of "门诊楼 / 1F / 收费处", from the building down."""
    return tuple(part.strip() for part in BETWEEN.split(written) if part.strip())


def can_be_made(path: Path) -> bool:
    """Whether a path has a shape that buildings have: building, floor, room."""
    return 1 <= len(path) <= 3 and all(len(name) <= LONGEST_NAME for name in path)


def make_department(site_id: int, name: str) -> None:
    """Add a department to a site."""
    site = db.session.get_one(Site, site_id)
    db.session.add(Department(site_id=site_id, name=name.strip(), is_demo=site.is_demo))


def make_location(site_id: int, path: Path) -> None:
    """Add a room to a site, with the building and floor that it names if they are missing."""
    site = db.session.get_one(Site, site_id)
    kinds = [*[LocationKind.BUILDING, LocationKind.FLOOR][: len(path) - 1], LocationKind.ROOM]
    above: Location | None = None
    for name, kind in zip(path, kinds, strict=True):
        parent_id = above.id if above else None
        there = select(Location).where(
            Location.site_id == site_id, Location.parent_id == parent_id, Location.name == name
        )
        found = db.session.scalar(there)
        if found is None:
            found = Location(site_id=site_id, parent_id=parent_id, kind=kind, name=name)
            found.is_demo = site.is_demo
            db.session.add(found)
            db.session.flush()
        above = found


def _by_path(rows: dict[int, Location]) -> dict[str, set[int]]:
    """Return a site's locations by whole path, and by their own name where no path is so."""

    def path(row: Location, name: Callable[[Location], str]) -> str:
        names, step = [name(row)], rows.get(row.parent_id or 0)
        while step is not None:
            names.append(name(step))
            step = rows.get(step.parent_id or 0)
        return plain("".join(reversed(names)))

    found: dict[str, set[int]] = {}
    for row in rows.values():
        for whole in {
            path(row, lambda one: one.name),
            path(row, lambda one: one.name_en or one.name),
        }:
            found.setdefault(whole, set()).add(row.id)
    paths = Counter(found)
    for row in rows.values():
        for name in {plain(row.name), plain(row.name_en)} - {"", *paths}:
            found.setdefault(name, set()).add(row.id)
    return found
