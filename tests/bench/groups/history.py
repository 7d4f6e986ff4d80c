"""What stored figures take on disk, and how soon a series is read."""

from collections.abc import Iterator

from tests import components
from tests.bench import history
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared
from tests.components import postgresql, program

SIZE = "history_bytes_per_raw_sample"
#: Each figure of `history.measure`, its unit and its bound.
WANTED = {
    "history_packed_bytes_per_sample": ("bytes", 1.5),
    SIZE: ("bytes", 2.5),
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
    goal = at_most(WANTED[SIZE][1], of="value")
    figure = Figure(name=f"{SIZE}_postgresql", value=None, unit="bytes", goal=goal)
    if program("pg_ctl", *postgresql.PLACES):
        yield compared(figure, [on_postgresql(hosts, days)], None)


def on_postgresql(hosts: int, days: int) -> float:
    """Return the bytes a sample in a server of its own."""
    components.make_folder()
    try:
        url = postgresql.empty_database("bench_history")
        return history.measure(hosts=hosts, days=days, database_url=url)[SIZE]
    finally:
        postgresql.stop()
        components.remove_folder()
