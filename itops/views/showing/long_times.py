"""Long times on a chart: seconds are drawn in the unit that people count such a time in."""

from collections.abc import Iterable

#: From so many seconds on: the unit, and its seconds. Hours up to a week, as limits are told.
LENGTHS = ((7 * 86_400, "d", 86_400), (2 * 3_600, "h", 3_600), (180, "min", 60))
UNITS = {unit: seconds for _, unit, seconds in LENGTHS} | {"s": 1}


def unit_for(unit: str, values: Iterable[float | None]) -> str:
    """Return the unit to draw values in: another one than theirs only for long times.

    >>> unit_for("s", [0.2, None]), unit_for("s", [182_520.0]), unit_for("%", [5_000.0])
    ('s', 'h', '%')
    """
    if unit != "s":
        return unit
    longest = max((value for value in values if value is not None), default=0)
    return next((name for start, name, _ in LENGTHS if longest >= start), unit)


def seconds_in(unit: str) -> int:
    """Return how many seconds one of a unit of time is; 1 for every other unit."""
    return UNITS.get(unit, 1)
