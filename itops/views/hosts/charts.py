"""The charts of a host: which metrics, over which time, with which limits; drawn or as JSON."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for

from itops.checks.base import Limits
from itops.checks.host_limits import DEFAULTS, HostLimits
from itops.checks.metrics import family_of
from itops.errors import FieldError, Invalid, Message
from itops.services.history import newest, reading
from itops.services.history.newest import Newest
from itops.services.history.reading import Series
from itops.services.history.windows import RESOLUTIONS
from itops.views.answering.frame import reader
from itops.views.answering.language import t
from itops.views.hosts.fleet_filters import number_in
from itops.views.showing import charts, long_times
from itops.views.showing.charts import Drawing

#: The ranges to choose from, by the name in the address.
RANGES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
USUAL = "24h"
#: Machines report this often or seldomer.
SHORTEST_STEP = 60
SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=6 * 366)
LATEST_EPOCH = 4_000_000_000
#: Points of a picture: about one for each dot of its width. The script asks for more.
DRAWN_POINTS = 288
SENT_POINTS = 2_000
#: Metrics that a page draws, in this order; of those with several items, this many.
FAMILIES = {
    "cpu.percent": 1,
    "memory.used_percent": 1,
    "disk.used_percent": 4,
    "network.received_bytes_per_second": 1,
    "network.sent_bytes_per_second": 1,
    "temperature.celsius": 1,
}


@dataclass(frozen=True)
class Span:
    """From when to when the charts go; `name` is the chosen range, "" for one of one's own."""

    start: datetime
    end: datetime
    name: str

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class Sampled:
    """The newest sample, and how often there is one: points further apart are means."""

    newest: Newest | None
    every: int = SHORTEST_STEP

    def newest_of(self, metric: str, unit_seconds: int) -> tuple[float, float] | None:
        """Return when a metric was measured last, and its value in a unit of time."""
        if self.newest is None or metric not in self.newest.figures:
            return None
        return self.newest.at, self.newest.figures[metric] / unit_seconds


def span_in(args: Mapping[str, str], at: datetime) -> Span:
    """Read a range, or an own beginning and end (epoch seconds), from an address.

    Raise Invalid with the fields that are wrong.
    """
    if "from" not in args and "to" not in args:
        name = args.get("range") or USUAL
        if name not in RANGES:
            raise Invalid("filter.choice_wrong", field="range")
        return Span(at - RANGES[name], at, name)
    begin, end = number_in(args, "from"), number_in(args, "to")
    if begin is None or begin > LATEST_EPOCH:
        raise Invalid("series.time_wrong", field="from")
    if end is None or end > LATEST_EPOCH:
        raise Invalid("series.time_wrong", field="to")
    span = Span(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC), "")
    if not SHORTEST.total_seconds() <= span.seconds <= LONGEST.total_seconds():
        raise Invalid.many([FieldError("to", Message("series.span_wrong"))])
    return span


def chosen(metrics: Sequence[str], first: Sequence[str]) -> list[str]:
    """Given all metrics of a host, return those to draw; of several disks, `first` come first."""
    picked: list[str] = []
    for family, most in FAMILIES.items():
        items = [one for one in metrics if one.partition(":")[0] == family]
        picked += sorted(items, key=lambda one: (one not in first, one))[:most]
    return picked


def drawings(host_id: int, metrics: Sequence[str], span: Span) -> list[Drawing]:
    """Return the pictures of `metrics`; of a range that ends now, with the newest figures."""
    step = step_for(span.seconds)
    found = reading.read_many(host_id, metrics, span.start, span.end, step)
    sampled = Sampled(newest.of_host(host_id) if span.name else None)
    return [
        drawing(
            url_for("hosts.series", host_id=host_id, metric=metric),
            metric,
            found[metric],
            span,
            limits_of(metric),
            sampled,
        )
        for metric in metrics
    ]


def as_json(
    host_id: int, metric: str, span: Span, step_seconds: int | None, unit: str
) -> dict[str, Any]:
    """Return a series as the chart script wants it, in `unit` if its own can be told in that."""
    series = reading.read_series(host_id, metric, span.start, span.end, step_seconds)
    return told(series, metric, span, limits_of(metric), unit)


def told(
    series: Series, metric: str, span: Span, limits: Sequence[charts.Limit], asked: str
) -> dict[str, Any]:
    """Return a series as JSON, with at most as many points as a screen is wide."""
    width = max(series.step_seconds, int(span.seconds / SENT_POINTS))
    own = family_of(metric).unit.value
    unit = asked if own == "s" and asked in long_times.UNITS else own
    thin, limits = in_unit(unit, thinned(series, span, width), limits)
    return {
        "times": thin.times,
        "values": thin.values,
        "low": thin.low,
        "high": thin.high,
        "step": thin.step_seconds,
        "unit": unit,
        "limits": [
            {
                "state": one.state,
                "value": one.value,
                "text": charts.limit_text(one, unit, reader()),
            }
            for one in limits
        ],
    }


def thinned(series: Series, span: Span, width: int) -> Series:
    """Return a series with at most one point in each `width` seconds: mean, lowest, highest."""
    if width <= series.step_seconds or len(series.times) <= span.seconds / width:
        return series
    begin, end = int(span.start.timestamp()), int(span.end.timestamp())
    thin = Series([], [], [], [], width)
    for start in range(begin, end + 1, width):
        first, last = bisect_left(series.times, start), bisect_left(series.times, start + width)
        if first == last:
            continue
        known = [value for value in series.values[first:last] if value is not None]
        lows = [value for value in series.low[first:last] if value is not None]
        highs = [value for value in series.high[first:last] if value is not None]
        thin.times.append(start)
        thin.values.append(sum(known) / len(known) if known else None)
        thin.low.append(min(lows or known, default=None))
        thin.high.append(max(highs or known, default=None))
    return thin


def in_unit(
    unit: str, series: Series, limits: Sequence[charts.Limit]
) -> tuple[Series, Sequence[charts.Limit]]:
    """Return a series and its limits told in `unit`; of seconds only, in minutes, hours or days."""
    each = long_times.seconds_in(unit)
    if each == 1:
        return series, limits
    values, low, high = (
        [None if value is None else value / each for value in figures]
        for figures in (series.values, series.low, series.high)
    )
    thin = replace(series, values=values, low=low, high=high)
    return thin, [replace(one, value=one.value / each) for one in limits]


def step_for(seconds: float) -> int:
    """Return the resolution that is enough for a picture of so long a time, or the coarsest."""
    return next((step for step in sorted(RESOLUTIONS) if step >= seconds / DRAWN_POINTS), 3600)


def limits_of(metric: str, limits: HostLimits = DEFAULTS) -> list[charts.Limit]:
    """Return the limits that the checks hold a metric against."""
    rules = {
        "cpu.percent": limits.cpu,
        "memory.used_percent": limits.memory,
        "swap.used_percent": limits.swap,
        "disk.used_percent": limits.disk_used,
        "disk.inodes_percent": limits.inodes,
        "temperature.celsius": limits.temperature,
    }
    rule = rules.get(metric.partition(":")[0])
    return lines(rule.limits) if rule else []


def name_of(metric: str) -> str:
    """Return a metric's name for people: "Disk used E:"."""
    family, _, item = metric.partition(":")
    return f"{t(f'metric.{family}')} {item}".strip()


def drawing(
    url: str,
    metric: str,
    series: Series,
    span: Span,
    limits: Sequence[charts.Limit],
    sampled: Sampled,
) -> Drawing:
    """Return the picture of a series; `url` is where the script finds its figures."""
    thin = thinned(series, span, max(series.step_seconds, int(span.seconds / DRAWN_POINTS)))
    values = [*thin.values, *(one.value for one in limits)]
    unit = long_times.unit_for(family_of(metric).unit.value, values)
    thin, limits = in_unit(unit, thin, limits)
    return charts.drawn(
        charts.Series(
            name=name_of(metric),
            unit=unit,
            start=span.start.timestamp(),
            end=span.end.timestamp(),
            step_seconds=max(thin.step_seconds, SHORTEST_STEP),
            points=list(zip(thin.times, thin.values, strict=True)),
            limits=limits,
            latest=sampled.newest_of(metric, long_times.seconds_in(unit)),
            mean_seconds=thin.step_seconds if thin.step_seconds > sampled.every else 0,
            url=url,
        ),
        reader(),
    )


def lines(limits: Limits) -> list[charts.Limit]:
    pairs = (("warning", limits.warning), ("critical", limits.critical))
    return [charts.Limit(state, value) for state, value in pairs if value is not None]
