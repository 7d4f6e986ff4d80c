"""What stored figures take on disk, and how soon a series is read."""

from collections.abc import Iterator

from tests.bench import history
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared

#: Each figure of `history.measure`, its unit and its bound.
WANTED = {
    "history_packed_bytes_per_sample": ("bytes", 1.5),
    "history_bytes_per_raw_sample": ("bytes", 2.5),
    "history_week_store_ms": ("ms", 3),
    "history_year_series_ms": ("ms", 5),
}


def figures(run: Run) -> Iterator[Figure]:
    """Yield bytes a sample and milliseconds a series; sizes are the same in every round."""
    hosts, days = (8, 2) if run.is_quick else (50, 7)
    found = history.measure(hosts=hosts, days=days)
    for name, (unit, most) in WANTED.items():
        figure = Figure(name=name, value=None, unit=unit, goal=at_most(most, of="value"))
        yield compared(figure, [found[name]], None)
