"""The figures around an alert: the metric that its rule is about, from before it began."""

from datetime import datetime, timedelta

from itops.models import Alert
from itops.services.history import reading
from itops.views.answering.frame import is_open
from itops.views.checking import check_charts
from itops.views.hosts import charts as host_charts
from itops.views.hosts.charts import Span
from itops.views.showing.charts import Drawing

#: The metric behind a rule of a host; what stands after the colon is the same ("disk:/var").
METRICS = {
    "cpu": "cpu.percent",
    "memory": "memory.used_percent",
    "swap": "swap.used_percent",
    "disk": "disk.used_percent",
    "temperature": "temperature.celsius",
}
BEFORE, AFTER = timedelta(hours=6), timedelta(hours=1)
LONGEST = timedelta(days=7)
#: A plug-in may have dozens of figures.
MOST_OF_A_CHECK = 3


def drawings(alert: Alert, *, at: datetime) -> list[Drawing]:
    """Return the charts of an alert: none where nothing is measured behind it."""
    span = span_of(alert, at=at)
    if alert.host_id is not None:
        metric = metric_of(alert.rule)
        known = metric is not None and metric in reading.metrics_of(alert.host_id)
        return host_charts.drawings(alert.host_id, [metric], span) if known and metric else []
    check = alert.check
    if check is None or not is_open("checks.series"):
        return []
    return check_charts.drawings(check, reading.metrics_of_check(check.id)[:MOST_OF_A_CHECK], span)


def metric_of(rule: str) -> str | None:
    """Return the metric that a rule of a host is about.

    >>> metric_of("disk:/var"), metric_of("disk:/var:inodes"), metric_of("silence")
    ('disk.used_percent:/var', 'disk.inodes_percent:/var', None)
    """
    name, _, item = rule.partition(":")
    if name == "disk" and item.endswith(":inodes"):
        return f"disk.inodes_percent:{item.removesuffix(':inodes')}"
    family = METRICS.get(name)
    if family is None:
        return None
    return f"{family}:{item}" if item else family


def span_of(alert: Alert, *, at: datetime) -> Span:
    """Return from some hours before it began until it was over, or now."""
    end = min(at, alert.resolved_at + AFTER) if alert.resolved_at else at
    start = max(alert.first_seen_at - BEFORE, end - LONGEST)
    return Span(start, end, "")
