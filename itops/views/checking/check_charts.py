"""The charts of a check: its figures over a time, with the limits that it holds them against."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import url_for

from itops.checks.base import Limits
from itops.checks.catalogue import CHECKS
from itops.checks.kind import read_limits
from itops.errors import ItopsError
from itops.models import Check
from itops.services.history import newest, reading
from itops.services.history.reading import Series
from itops.views.hosts import charts as host_charts
from itops.views.hosts.charts import Sampled, Span
from itops.views.showing import charts
from itops.views.showing.charts import Drawing

#: Charts on a page; a plug-in may have dozens of figures.
MOST_DRAWN = 8
#: Which limit is held against a figure, and how many of the figure's units one of it is.
HELD_AGAINST = {
    "disk.used_percent": ("space", 1.0),
    "disk.inodes_percent": ("inodes", 1.0),
    "clock.skew_seconds": ("skew", 1.0),
    "http.response_seconds": ("response", 1.0),
    "tcp.connect_seconds": ("response", 1.0),
    "tls.days_left": ("days_left", 1.0),
    "file.age_seconds": ("age", 3600.0),
}


def drawings(check: Check, metrics: Sequence[str], span: Span) -> list[Drawing]:
    """Return the pictures of a check's figures."""
    drawn = metrics[:MOST_DRAWN]
    step = host_charts.step_for(span.seconds)
    found = reading.read_many_of_check(check.id, drawn, span.start, span.end, step)
    newest_one = newest.of_check(check.id) if span.name else None
    sampled = Sampled(newest_one, check.interval_seconds)
    return [
        host_charts.drawing(
            url_for("checks.series", check_id=check.id, metric=metric),
            metric,
            _stepped(found[metric], check),
            span,
            limits_of(check, metric),
            sampled,
        )
        for metric in drawn
    ]


def as_json(
    check: Check, metric: str, span: Span, step_seconds: int | None, unit: str
) -> dict[str, Any]:
    """Return a series as the chart script wants it, in `unit` if its own can be told in that."""
    series = reading.read_check(check.id, metric, span.start, span.end, step_seconds)
    return host_charts.told(_stepped(series, check), metric, span, limits_of(check, metric), unit)


def limits_of(check: Check, metric: str) -> list[charts.Limit]:
    """Return the limits that a check holds a figure against, in the figure's own unit."""
    name, factor = HELD_AGAINST.get(metric.partition(":")[0], ("", 1.0))
    kind = CHECKS.get(check.kind)
    if kind is None:
        return []
    try:
        pair = read_limits(kind, check.limits).get(name, Limits())
    except ItopsError:
        return []
    return host_charts.lines(
        Limits(*(None if one is None else one * factor for one in (pair.warning, pair.critical)))
    )


def _stepped(series: Series, check: Check) -> Series:
    """Return the series with the distance at which its figures really come."""
    return replace(series, step_seconds=max(series.step_seconds, check.interval_seconds))
