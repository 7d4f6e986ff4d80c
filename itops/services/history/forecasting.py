"""Forecasts from history: when a host's disk will be full."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean

from itops.checks.forecast import WINDOW_DAYS, Forecast, full_in_days
from itops.services.history.reading import Series, read_many
from itops.services.history.windows import DAY, HOURS


def disk_forecasts(host_id: int, mounts: Sequence[str], *, at: datetime) -> dict[str, Forecast]:
    """Return when a host's disks will be full, by mount point; their figures are read at once."""
    metrics = {f"disk.used_percent:{mount}": mount for mount in mounts}
    start = at - timedelta(days=WINDOW_DAYS)
    found = read_many(host_id, list(metrics), start, at, HOURS.step_seconds)
    return {mount: full_in_days(by_day(found[metric])) for metric, mount in metrics.items()}


def by_day(series: Series) -> list[tuple[int, float]]:
    """Return (days since the epoch, mean of the day) for each day with a figure."""
    days: dict[int, list[float]] = defaultdict(list)
    for time, value in zip(series.times, series.values, strict=True):
        if value is not None:
            days[time // DAY].append(value)
    return [(day, fmean(values)) for day, values in sorted(days.items())]
