"""Reading the history of a host or a check: one series at the resolution of its span, with gaps."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import sub
from statistics import median_low

from sqlalchemy import bindparam, select

from itops.checks.metrics import FAMILIES, family_of
from itops.db import db
from itops.models import Host
from itops.services.history.owners import CHECKS
from itops.services.history.store import (
    Figures,
    HistoryStore,
    Points,
    RememberingHistory,
    SqlHistory,
)
from itops.services.history.windows import DAY, FIVE_MINUTES, HOURS, RESOLUTIONS, SAMPLES

#: Up to these spans a series is of samples, then of 5 minutes, then of hours.
SAMPLES_UP_TO_SECONDS = 2 * DAY
FIVE_MINUTES_UP_TO_SECONDS = 10 * DAY
#: A distance this many times the usual one is a gap.
GAP = 2.5
#: The usual distance is looked at in pieces of this many points: an interval may be changed.
PIECE = 360
#: With a single distance there is no usual one: up to this it is taken to be.
LONGEST_USUAL_SECONDS = 300

ORDER = list(FAMILIES)
#: Those merged into some; built once, a page asks it for each of its charts.
MERGED = select(Host.id).where(Host.merged_into_id.in_(bindparam("into", expanding=True)))
STORE: HistoryStore = SqlHistory()
CHECKS_STORE: HistoryStore = SqlHistory(CHECKS)


@dataclass(frozen=True)
class Series:
    """One metric over time. A gap is a None between two times; `low` and `high` are of roll-ups.

    `step_seconds` is the finest resolution in it: 60 means samples as they were taken.
    """

    times: list[int]
    values: Figures
    low: Figures
    high: Figures
    step_seconds: int


def read_series(
    host_id: int,
    metric: str,
    start: datetime,
    end: datetime,
    step_seconds: int | None = None,
    *,
    store: HistoryStore = STORE,
) -> Series:
    """Return a metric of a host from `start` to `end`, also of identities merged into it.

    The resolution follows from the span, or is the coarsest that is not above `step_seconds`.
    Where the finer figures are no longer kept, the series goes on with coarser ones.
    """
    span = (int(start.timestamp()), int(end.timestamp()))
    return _read(identities(host_id), metric, span, step_seconds, store)


def read_check(
    check_id: int,
    metric: str,
    start: datetime,
    end: datetime,
    step_seconds: int | None = None,
) -> Series:
    """Return a metric of a check from `start` to `end`, as `read_series` does for a host."""
    span = (int(start.timestamp()), int(end.timestamp()))
    return _read([check_id], metric, span, step_seconds, CHECKS_STORE)


def read_many(
    host_id: int,
    metrics: Sequence[str],
    start: datetime,
    end: datetime,
    step_seconds: int | None = None,
) -> dict[str, Series]:
    """Return several metrics as `read_series` does; what holds them is read once for all."""
    span = (int(start.timestamp()), int(end.timestamp()))
    host_ids, store = identities(host_id), RememberingHistory()
    return {metric: _read(host_ids, metric, span, step_seconds, store) for metric in metrics}


def read_many_of_check(
    check_id: int,
    metrics: Sequence[str],
    start: datetime,
    end: datetime,
    step_seconds: int | None = None,
) -> dict[str, Series]:
    """Return several metrics of a check; what holds them is read once for all."""
    span = (int(start.timestamp()), int(end.timestamp()))
    store = RememberingHistory(CHECKS)
    return {metric: _read([check_id], metric, span, step_seconds, store) for metric in metrics}


def _read(
    owner_ids: Sequence[int],
    metric: str,
    span: tuple[int, int],
    step_seconds: int | None,
    store: HistoryStore,
) -> Series:
    step = resolution_for(span[1] - span[0]) if step_seconds is None else at_most(step_seconds)
    points = Points()
    start, end = span
    for coarser in (one for one in RESOLUTIONS if one >= step):
        # A coarser slot must be over where finer figures begin: it would tell them twice.
        until = points.times[0] - coarser if points.times else end
        earlier = store.points(owner_ids, metric, coarser, (start, until))
        points = followed_by(with_gaps(earlier, coarser), points, coarser)
        if points.times and points.times[0] <= start + GAP * max(coarser, LONGEST_USUAL_SECONDS):
            break
    return Series(points.times, points.values, points.low, points.high, step)


def resolution_for(seconds: float) -> int:
    """Given a span, return the step that gives a chart at most about 3,000 points, or hours."""
    if seconds <= SAMPLES_UP_TO_SECONDS:
        return SAMPLES.step_seconds
    if seconds <= FIVE_MINUTES_UP_TO_SECONDS:
        return FIVE_MINUTES.step_seconds
    return HOURS.step_seconds


def at_most(step_seconds: int) -> int:
    """Return the coarsest step that we have that is not above `step_seconds`."""
    return max((step for step in RESOLUTIONS if step <= step_seconds), default=min(RESOLUTIONS))


def metrics_of(host_id: int, *, store: HistoryStore = STORE) -> list[str]:
    """Return the metrics that a host reports, in the catalogue's order."""
    return in_order(store.metrics(identities(host_id)))


def metrics_of_check(check_id: int) -> list[str]:
    """Return the metrics that a check has figures of, in the catalogue's order."""
    return in_order(CHECKS_STORE.metrics([check_id]))


def in_order(found: Collection[str]) -> list[str]:
    """Return metrics in the catalogue's order."""
    known = {name: place for place, name in enumerate(ORDER)}
    return sorted(found, key=lambda name: (known.get(family_of(name).name, len(known)), name))


def identities(host_id: int) -> list[int]:
    """Return the host and every identity that was merged into it, or into one of those."""
    found = [host_id]
    newest = [host_id]
    while newest:
        merged = db.session.connection().scalars(MERGED, {"into": newest})
        newest = [one for one in merged if one not in found]
        found += newest
    return found


def with_gaps(points: Points, step_seconds: int) -> Points:
    """Return the points with a None after each one whose next is too far away."""
    if len(points.times) < 2:
        return points
    gapped = Points()
    begin = 0
    for place, usual in _gaps(points.times, step_seconds):
        gapped.extend(
            Points(
                [*points.times[begin : place + 1], points.times[place] + usual],
                [*points.values[begin : place + 1], None],
                [*points.low[begin : place + 1], None],
                [*points.high[begin : place + 1], None],
            )
        )
        begin = place + 1
    if not begin:
        return points
    gapped.extend(points.picked(range(begin, len(points.times))))
    return gapped


def followed_by(earlier: Points, later: Points, step_seconds: int) -> Points:
    """Return coarser points with the finer ones after them, and a gap between if there is one."""
    if not earlier.times or not later.times:
        return earlier if earlier.times else later
    whole = Points()
    whole.extend(earlier)
    usual = max(step_seconds, LONGEST_USUAL_SECONDS)
    if later.times[0] - earlier.times[-1] > GAP * usual:
        whole.extend(Points([earlier.times[-1] + usual], [None], [None], [None]))
    whole.extend(later)
    return whole


def _gaps(times: Sequence[int], step_seconds: int) -> Iterator[tuple[int, int]]:
    """Yield (place of the last point before it, usual distance) of each gap."""
    is_rolled_up = step_seconds != SAMPLES.step_seconds
    if is_rolled_up and times[-1] - times[0] == (len(times) - 1) * step_seconds:
        return
    usual = 0
    for begin in range(0, len(times), PIECE):
        piece = times[begin : begin + PIECE + 1]
        distances = list(map(sub, piece[1:], piece))
        if len(distances) > 5 or (distances and not usual):
            usual = _usual(distances, step_seconds)
        if distances and max(distances) > GAP * usual:
            for place, distance in enumerate(distances):
                if distance > GAP * usual:
                    yield begin + place, usual


def _usual(distances: list[int], step_seconds: int) -> int:
    if step_seconds != SAMPLES.step_seconds:
        return step_seconds
    if len(distances) == 1:
        return min(distances[0], LONGEST_USUAL_SECONDS)
    return max(median_low(distances), 1)
