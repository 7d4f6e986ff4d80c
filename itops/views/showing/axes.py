"""The axes of a chart: from where to where a unit is drawn, and how its times are written."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log2, log10
from zoneinfo import ZoneInfo

HOUR, DAY = 3_600, 86_400
#: Up to this span in seconds, grid lines stand this far apart.
GRID_STEPS = (
    (2 * HOUR, HOUR // 4),
    (8 * HOUR, HOUR),
    (30 * HOUR, 4 * HOUR),
    (8 * DAY, DAY),
    (40 * DAY, 7 * DAY),
)


def scale(unit: str, values: Sequence[float]) -> tuple[float, float]:
    """Given a unit and all that is to be seen (limits too), return the axis' two ends.

    Percent stands on 0 to 100, a temperature on its own band, everything else on 0.
    """
    if unit == "%":
        return 0, 100
    if unit == "°C":
        low, high = min(values, default=20), max(values, default=40)
        return floor((low - 2) / 10) * 10, ceil((high + 2) / 10) * 10
    top = max(values, default=0)
    return 0, round_up(top, 1024 if unit in {"B", "B/s"} else 10)


def round_up(value: float, base: int) -> float:
    """Return the next round number: 1, 2 or 5 times a power of ten, or a power of two of bytes."""
    if value <= 0:
        return 1
    if base == 1024:
        return float(2 ** ceil(log2(value)))
    power: float = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 5, 10) if step * power >= value), value)


def time_labels(start: float, end: float, zone: ZoneInfo, count: int = 4) -> list[str]:
    """Return `count` evenly spaced times: hours for a day or two, then days, then months."""
    short, long = end - start <= 2 * DAY, end - start > 120 * DAY
    pattern = "%H:%M" if short else "%Y-%m" if long else "%m-%d"
    times = [local(start + (end - start) * i / (count - 1), zone) for i in range(count)]
    labels = [time.strftime(pattern) for time in times]
    if short and times[0].date() != times[-1].date():
        labels[0] = times[0].strftime("%m-%d %H:%M")
    return labels


def grid_times(start: float, end: float, zone: ZoneInfo) -> list[float]:
    """Return the round local times between two epochs where a grid line stands."""
    step = next((step for span, step in GRID_STEPS if end - start <= span), None)
    if step is None:
        return month_starts(start, end, zone)
    midnight = local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight.timestamp()
    count = int((end - first) // step) + 1
    return [first + i * step for i in range(count) if start < first + i * step < end]


def month_starts(start: float, end: float, zone: ZoneInfo) -> list[float]:
    """Return the first moment of each month between two epochs."""
    found = []
    month = local(start, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month.timestamp() < end:
        if month.timestamp() > start:
            found.append(month.timestamp())
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def local(epoch: float, zone: ZoneInfo) -> datetime:
    """Return an epoch as the hospital's clock shows it."""
    return datetime.fromtimestamp(epoch, UTC).astimezone(zone)
