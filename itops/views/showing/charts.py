"""A series as a drawing: what templates/_chart.html needs for the server's SVG and its table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jinja2 import Environment

from itops.i18n import translate
from itops.views.showing.axes import grid_times, local, scale, time_labels
from itops.views.showing.formats import HOUR, Reader, age, amount, stamp, unknown

#: A value is missing when the next one is this many steps away: one late report is no gap.
LATE_STEPS = 2.5
#: Rows of the table under a chart.
TABLE_ROWS = 24
#: A newest value that is older than so many seconds stands with its time.
RECENT = 600
#: A gap narrower than this percent of the chart has no room for its words.
NARROWEST_SAID = 9
Point = tuple[float, float | None]


@dataclass(frozen=True)
class Limit:
    """A value at which a state begins: "warning" at 85."""

    state: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric of one thing over a time, oldest first; None where nothing was measured."""

    name: str
    unit: str
    start: float
    end: float
    step_seconds: float
    points: Sequence[Point]
    limits: Sequence[Limit] = ()
    #: The newest value, also of before or after these points.
    latest: Point | None = None
    #: Each point is the mean of so many seconds; 0: a sample.
    mean_seconds: float = 0
    #: Where the same comes from as JSON, for the script; empty for a still picture.
    url: str = ""


@dataclass(frozen=True)
class Line:
    """A limit as drawn: how far down (0 to 100), its state, its words."""

    y: float
    state: str
    text: str


@dataclass(frozen=True)
class Gap:
    """A time without data as drawn: from where, how wide (0 to 100), and whether words fit in."""

    x: float
    width: float
    is_said: bool


@dataclass(frozen=True)
class Row:
    """A stretch of time in figures, as text."""

    time: str
    mean: str
    low: str
    high: str


@dataclass(frozen=True)
class Drawing:
    """A chart in coordinates of 0 to 100 and in words, in the reader's language."""

    series: Series
    label: str
    #: The newest value, and beside it its unit and what it is: of when, or the mean of how long.
    last: str
    note: str
    state: str
    paths: tuple[str, ...]
    gaps: tuple[Gap, ...]
    limits: tuple[Line, ...]
    grid: str
    values: tuple[str, ...]
    times: tuple[str, ...]
    rows: tuple[Row, ...]


def drawn(series: Series, reader: Reader) -> Drawing:
    """Given a series and its reader, return the drawing."""
    known = [value for _, value in series.points if value is not None]
    low, high = scale(series.unit, [*known, *(limit.value for limit in series.limits)])
    span = (high - low) or 1
    runs = list(runs_of(series))
    last = series.latest[1] if series.latest else known[-1] if known else None
    said = unknown(reader) if last is None else amount(last, series.unit, reader)
    return Drawing(
        series=series,
        label=_label(series, runs, said, reader),
        last=said,
        note=_note(series, reader) if last is not None else "",
        state=state_of(last, series.limits),
        paths=tuple(path(run, series, low, span) for run in runs),
        gaps=tuple(_gap(begin, end, series) for begin, end in gaps_between(runs, series)),
        limits=tuple(_line(limit, series, low, span, reader) for limit in series.limits),
        grid="".join(f"M{across(at, series)} 0V100" for at in _grid(series, reader)),
        values=tuple(_mark(value, series, reader) for value in (high, (low + high) / 2, low)),
        times=tuple(time_labels(series.start, series.end, reader.zone)),
        rows=tuple(rows_of(series, reader)),
    )


def runs_of(series: Series) -> Iterator[list[tuple[float, float]]]:
    """Yield the stretches of points without a gap: what is missing is never joined by a line."""
    run: list[tuple[float, float]] = []
    for at, value in series.points:
        if run and (value is None or at - run[-1][0] > LATE_STEPS * series.step_seconds):
            yield run
            run = []
        if value is not None:
            run.append((at, value))
    if run:
        yield run


def gaps_between(
    runs: Sequence[Sequence[tuple[float, float]]], series: Series
) -> list[tuple[float, float]]:
    """Given the runs, return the times before, between and after them without data."""
    edges = [series.start, *(at for run in runs for at in (run[0][0], run[-1][0])), series.end]
    late = LATE_STEPS * series.step_seconds
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > late]


def path(run: Sequence[tuple[float, float]], series: Series, low: float, span: float) -> str:
    """Return a run as the path of an SVG; a lone point becomes a short stroke."""
    marks = [f"{across(at, series)} {down(value, low, span)}" for at, value in run]
    if len(marks) == 1:
        return f"M{marks[0]}h.5"
    return "M" + "L".join(marks)


def across(at: float, series: Series) -> float:
    return round(100 * (at - series.start) / ((series.end - series.start) or 1), 2)


def down(value: float, low: float, span: float) -> float:
    return round(100 - 100 * (min(max(value, low), low + span) - low) / span, 1)


def state_of(value: float | None, limits: Sequence[Limit]) -> str:
    """Return the state of the highest limit that the value has reached; "" for none."""
    reached = [limit for limit in limits if value is not None and value >= limit.value]
    return max(reached, key=lambda limit: limit.value).state if reached else ""


def rows_of(series: Series, reader: Reader, count: int = TABLE_ROWS) -> Iterator[Row]:
    """Yield the figures of `count` even stretches of time: mean, lowest, highest."""
    width = (series.end - series.start) / count
    buckets: list[list[float]] = [[] for _ in range(count)]
    for at, value in series.points:
        if value is not None and series.start <= at <= series.end:
            buckets[min(int((at - series.start) / width), count - 1)].append(value)
    pattern = "%m-%d %H:%M" if width < 86_400 else "%Y-%m-%d"
    for index, bucket in enumerate(buckets):
        begin = local(series.start + index * width, reader.zone)
        figures = (sum(bucket) / len(bucket), min(bucket), max(bucket)) if bucket else ()
        texts = [amount(figure, series.unit, reader) for figure in figures]
        yield Row(begin.strftime(pattern), *(texts or [unknown(reader)] * 3))


def spark_path(values: Sequence[float | None]) -> str:
    """Given values in step, return a sparkline's path in a box of 100 by 24, broken at gaps."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1
    last = max(len(values) - 1, 1)
    marks = []
    for index, value in enumerate(values):
        if value is not None:
            starts = index == 0 or values[index - 1] is None
            y = round(22 - 20 * (value - low) / span, 1)
            marks.append(f"{'M' if starts else 'L'}{round(100 * index / last, 1)} {y}")
    return "".join(marks)


def register(environment: Environment) -> None:
    """Give templates the sparkline."""
    environment.filters["spark_path"] = spark_path


def _gap(begin: float, end: float, series: Series) -> Gap:
    x = across(begin, series)
    width = round(across(end, series) - x, 2)
    return Gap(x, width, width >= NARROWEST_SAID)


def _line(limit: Limit, series: Series, low: float, span: float, reader: Reader) -> Line:
    text = limit_text(limit, series.unit, reader)
    return Line(down(limit.value, low, span), limit.state, text)


def limit_text(limit: Limit, unit: str, reader: Reader) -> str:
    """Return what stands on the line of a limit, exactly: "Critical 50 hours"."""
    value = limit.value
    if unit == "s" and value and not value % HOUR:
        value, unit = value / HOUR, "h"
    return translate(
        "chart.limit",
        reader.language,
        state=translate(f"state.{limit.state}", reader.language),
        value=amount(value, unit, reader),
    )


def _note(series: Series, reader: Reader) -> str:
    """Return what stands beside the last value."""
    parts = ["" if series.unit in {"B", "B/s"} else series.unit]
    if series.latest is None and series.mean_seconds:
        age_of_mean = age(series.mean_seconds, reader)
        parts.append(translate("chart.mean_of", reader.language, age=age_of_mean))
    elif series.latest is not None and series.end - series.latest[0] > RECENT:
        parts.append(stamp(datetime.fromtimestamp(series.latest[0], UTC), reader))
    return " · ".join(part for part in parts if part)


def _grid(series: Series, reader: Reader) -> list[float]:
    return grid_times(series.start, series.end, reader.zone)


def _mark(value: float, series: Series, reader: Reader) -> str:
    """Return a mark of the axis: the caption holds the unit, but bytes change theirs with size."""
    return amount(value, series.unit if series.unit in {"B", "B/s"} else "", reader)


def _label(series: Series, runs: Sequence[object], last: str, reader: Reader) -> str:
    """Return what a person would say of the chart."""
    ends = (local(at, reader.zone) for at in (series.start, series.end))
    start, end = (at.strftime("%m-%d %H:%M") for at in ends)
    now = translate("chart.now", reader.language, value=last)
    if not runs:
        now = translate("chart.nothing", reader.language)
    elif len(runs) > 1:
        now += ", " + translate("chart.gaps", reader.language, n=len(runs) - 1)
    return translate(
        "chart.label", reader.language, name=series.name, start=start, end=end, now=now
    )
