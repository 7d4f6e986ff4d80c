"""Forecasts from history: when a host's disk will be full."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean

from itops.checks.forecast import WINDOW_DAYS, Forecast, full_in_days
from itops.services.history.reading import Series, read_many, read_series
from itops.services.history.windows import DAY, HOURS


def disk_forecast(host_id: int, mount: str, *, at: datetime) -> Forecast:
    """Given a host and one of its mount points, return when that disk will be full."""
    return full_in_days(daily(host_id, f"disk.used_percent:{mount}", at=at))


def disk_forecasts(host_id: int, mounts: Sequence[str], *, at: datetime) -> dict[str, Forecast]:
    """Return the same of several disks, by mount point; what holds their figures is read once."""
    metrics = {f"disk.used_percent:{mount}": mount for mount in mounts}
    start = at - timedelta(days=WINDOW_DAYS)
    found = read_many(host_id, list(metrics), start, at, HOURS.step_seconds)
    return {mount: full_in_days(by_day(found[metric])) for metric, mount in metrics.items()}


def daily(host_id: int, metric: str, *, at: datetime) -> list[tuple[int, float]]:
    """Return (days since the epoch, mean of the day) for each of the last 30 days with a figure."""
    start = at - timedelta(days=WINDOW_DAYS)
    return by_day(read_series(host_id, metric, start, at, HOURS.step_seconds))


def by_day(series: Series) -> list[tuple[int, float]]:
    """Return (days since the epoch, mean of the day) for each day with a figure."""
    days: dict[int, list[float]] = defaultdict(list)
    for time, value in zip(series.times, series.values, strict=True):
        if value is not None:
            days[time // DAY].append(value)
    return [(day, fmean(values)) for day, values in sorted(days.items())]
