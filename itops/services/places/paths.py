"""The way to a place, building, floor and room: read and written in one way everywhere."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import aliased

from itops.i18n import name_in
from itops.models import Location

S = TypeVar("S", bound=Select[*tuple[Any, ...]])

#: A name and its English form, which may be empty.
Names = tuple[str, str]
#: Ends a circle, which no form lets anybody make.
DEEPEST = 9
BETWEEN = " / "

Above, Top = aliased(Location), aliased(Location)
#: What a list selects to name where each of its rows is; `names` reads it.
COLUMNS = (Top.name, Top.name_en, Above.name, Above.name_en, Location.name, Location.name_en)


def joined(statement: S, location_id: Any) -> S:
    """Join to a select, by the column that holds a location's key, what COLUMNS name."""
    return (
        statement.outerjoin(Location, Location.id == location_id)
        .outerjoin(Above, Above.id == Location.parent_id)
        .outerjoin(Top, Top.id == Above.parent_id)
    )


def names(values: Sequence[str | None]) -> tuple[Names, ...]:
    """Given the values of COLUMNS in a row, return the way; empty where no place is recorded."""
    pairs = (values[i : i + 2] for i in range(0, len(COLUMNS), 2))
    return tuple((name, name_en or "") for name, name_en in pairs if name)


def way_to(
    location: Location | None, above: Callable[[Location], Location | None] | None = None
) -> list[Location]:
    """Return the way to a location; `above` finds what one is in, by default in the database."""
    way: list[Location] = []
    while location is not None and len(way) < DEEPEST:
        way.insert(0, location)
        location = above(location) if above else location.parent
    return way


def written(way: Iterable[Location], language: str) -> str:
    """Return a way as text: "门诊楼 / 1F / 收费处"."""
    return BETWEEN.join(name_in(language, step.name, step.name_en) for step in way)
