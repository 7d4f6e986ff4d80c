"""When a disk will be full: a line through a month of daily figures, and when not to draw one.

The line is Theil and Sen's: its slope is the median of the slopes between all pairs of days, so
a clean-up or a big copy on a few days does not turn it (Sen 1968, JASA 63:1379).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from itops.errors import Message

#: Days that are looked at, and how many of them must have a figure.
WINDOW_DAYS = 30
FEWEST_DAYS = 7
#: Beyond this a forecast says nothing that a person could act on.
FARTHEST_DAYS = 365
#: Slower than this (percent of the disk a day) is standing still.
SLOWEST_PERCENT_A_DAY = 0.005


@dataclass(frozen=True)
class Forecast:
    """Days until full, or a reason why there is no such figure."""

    days: float | None
    reason: Message | None = None
    percent_a_day: float | None = None


def full_in_days(daily: Sequence[tuple[int, float]]) -> Forecast:
    """Given (day number, percent used) of past days, return in how many days it will be full.

    Counted from the newest day. Days may be missing; only the last 30 count.

    >>> full_in_days([(day, 60.0 + day) for day in range(30)]).days
    11.0
    """
    newest = max((day for day, _ in daily), default=0)
    recent = [(day, used) for day, used in daily if day > newest - WINDOW_DAYS]
    if len({day for day, _ in recent}) < FEWEST_DAYS:
        return Forecast(None, Message("forecast.too_few_days", {"n": FEWEST_DAYS}))
    slope, level = line_through(recent)
    if slope < SLOWEST_PERCENT_A_DAY:
        shrinks = slope < -SLOWEST_PERCENT_A_DAY
        why = Message("forecast.shrinking" if shrinks else "forecast.steady")
        return Forecast(None, why, slope)
    last = next(used for day, used in recent if day == newest)
    days = max(0.0, (100.0 - max(level + slope * newest, last)) / slope)
    if days > FARTHEST_DAYS:
        return Forecast(None, Message("forecast.beyond_a_year"), slope)
    return Forecast(days, percent_a_day=slope)


def line_through(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return (slope, value at 0) of the line by Theil and Sen; at least two different days."""
    slope = median(
        (value - before) / (day - day_before)
        for (day_before, before), (day, value) in combinations(points, 2)
        if day != day_before
    )
    return slope, median(value - slope * day for day, value in points)
