"""Sites, departments, buildings, floors and rooms: added, renamed, moved, removed when unused."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select

from itops.db import Base, db
from itops.errors import FieldError, Invalid, Message, Refused
from itops.models import Department, Location, LocationKind, Site, SiteKind
from itops.models.place import STANDS_IN
from itops.services.auditing import Actor, facts, record

Place = Site | Department | Location
P = TypeVar("P", Site, Department, Location)
#: Clinics stand under centres, centres under the county hospital, a campus under any of them.
DEEPEST = 6


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a place is called, as a form says it."""

    name: str
    name_en: str = ""

    def __post_init__(self) -> None:
        wrong = [
            FieldError(field, Message(f"places.{field}_wrong"))
            for field, text, least in (("name", self.name, 1), ("name_en", self.name_en, 0))
            if not least <= len(text) <= 120 or not text.isprintable()
        ]
        if wrong:
            raise Invalid.many(wrong)


def add_site(names: Names, kind: SiteKind, parent: Site | None, *, by: Actor, at: datetime) -> Site:
    """Add an organisation under `parent`, or as a root."""
    _refuse_twin(Site, names.name, parent_id=parent.id if parent else None)
    if parent and len(line_of(parent)) >= DEEPEST:
        raise Invalid("places.too_deep", field="parent")
    site = Site(kind=kind, parent=parent, is_demo=bool(parent and parent.is_demo), **vars(names))
    return _added(site, by=by, at=at)


def add_department(names: Names, site: Site, *, by: Actor, at: datetime) -> Department:
    """Add a department to a site."""
    _refuse_twin(Department, names.name, site_id=site.id)
    return _added(Department(site=site, is_demo=site.is_demo, **vars(names)), by=by, at=at)


def add_location(
    names: Names,
    kind: LocationKind,
    within: Site | Location,
    *,
    by: Actor,
    at: datetime,
) -> Location:
    """Add a building to a site, a floor to a building, a room to any of them."""
    site, parent = (within.site, within) if isinstance(within, Location) else (within, None)
    _check_stands(kind, parent)
    _refuse_twin(Location, names.name, site_id=site.id, parent_id=parent.id if parent else None)
    siblings = select(func.count()).where(
        Location.site_id == site.id, Location.parent_id == (parent.id if parent else None)
    )
    location = Location(
        site=site,
        parent=parent,
        kind=kind,
        position=db.session.scalars(siblings).one(),
        is_demo=site.is_demo,
        **vars(names),
    )
    return _added(location, by=by, at=at)


def rename(place: Place, names: Names, *, by: Actor, at: datetime) -> None:
    """Rename a place. Raise Invalid if another one beside it is called so."""
    if names.name != place.name:
        _refuse_twin(type(place), names.name, **_beside(place))
    before = facts(place)
    place.name, place.name_en = names.name, names.name_en
    record("place.renamed", place, by=by, at=at, before=before, after=facts(place))


def move(place: Place, to: Site | Location | None, *, by: Actor, at: datetime) -> None:
    """Write where a place stands now; `belongings.move` also takes along what a department has.

    Raise Refused where it can't stand.
    """
    before = facts(place)
    if to is not None and to.is_demo != place.is_demo:
        raise Refused("places.demo_apart")
    if isinstance(place, Site):
        _move_site(place, to)
    elif isinstance(place, Department):
        if not isinstance(to, Site):
            raise Refused("places.can_not_stand_there")
        _refuse_twin(Department, place.name, site_id=to.id)
        place.site, place.site_id = to, to.id
    else:
        _move_location(place, to)
    record("place.moved", place, by=by, at=at, before=before, after=facts(place))


def remove(place: Place, *, by: Actor, at: datetime) -> None:
    """Remove a place that nothing refers to. Raise Refused, naming what does."""
    used_by = uses(place)
    if used_by:
        kind, n = used_by[0]
        raise Refused("places.in_use", n=n, what=Message(f"places.use.{kind}"))
    record("place.removed", place, by=by, at=at, before=facts(place))
    db.session.delete(place)
    db.session.flush()


def uses(place: Place) -> list[tuple[str, int]]:
    """Return which tables have rows that refer to `place`, and how many; found by foreign key."""
    found = []
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == place.__tablename__:
                counted = select(func.count()).select_from(table).where(key.parent == place.id)
                found.append((table.name, db.session.scalars(counted).one()))
    return [(name, n) for name, n in found if n]


def line_of(place: Site | Location) -> list[Site | Location]:
    """Return a place and all above it, the place first."""
    line: list[Site | Location] = []
    above: Site | Location | None = place
    while above is not None and above not in line:
        line.append(above)
        above = above.parent
    return line


def _move_site(site: Site, to: Site | Location | None) -> None:
    if isinstance(to, Location) or (to and (site in line_of(to) or len(line_of(to)) >= DEEPEST)):
        raise Refused("places.can_not_stand_there")
    if (to.id if to else None) != site.parent_id:
        _refuse_twin(Site, site.name, parent_id=to.id if to else None)
    site.parent, site.parent_id = to, to.id if to else None


def _move_location(location: Location, to: Site | Location | None) -> None:
    """Move within the same site: what stands there would else be of two sites at once."""
    parent = to if isinstance(to, Location) else None
    site = parent.site if parent else to
    if site is not location.site or (parent and location in line_of(parent)):
        raise Refused("places.can_not_stand_there")
    _check_stands(location.kind, parent)
    parent_id = parent.id if parent else None
    if parent_id != location.parent_id:
        _refuse_twin(Location, location.name, site_id=location.site_id, parent_id=parent_id)
    location.parent, location.parent_id = parent, parent_id


def _check_stands(kind: LocationKind, parent: Location | None) -> None:
    if (parent.kind if parent else None) not in STANDS_IN[kind]:
        raise Invalid("places.can_not_stand_there", field="kind")


def _refuse_twin(model: type[Place], name: str, **beside: int | None) -> None:
    """Raise Invalid if a place of this name stands there; NULLs are all different to a database."""
    statement = select(model.id).where(model.name == name)
    for column, value in beside.items():
        statement = statement.where(getattr(model, column).is_not_distinct_from(value))
    if db.session.scalar(statement.limit(1)) is not None:
        raise Invalid("places.name_taken", field="name", name=name)


def _beside(place: Place) -> dict[str, int | None]:
    if isinstance(place, Site):
        return {"parent_id": place.parent_id}
    if isinstance(place, Department):
        return {"site_id": place.site_id}
    return {"site_id": place.site_id, "parent_id": place.parent_id}


def _added(place: P, *, by: Actor, at: datetime) -> P:
    db.session.add(place)
    record("place.added", place, by=by, at=at, after=facts(place))
    return place
