"""Background work: whether 5,000 checks a minute are kept up with, and how soon one is begun."""

from collections.abc import Iterator

from tests.bench.engine import bench
from tests.bench.groups import Run
from tests.bench.report import Figure, Goal, at_least, at_most, compared


def figures(run: Run) -> Iterator[Figure]:
    """Yield lag and cost of steady work, rows a second at their most, and the wait for one."""
    folder = run.folder / "engine"
    folder.mkdir()
    made = bench(folder)
    steady = made.steady(10 if run.is_quick else 120)
    half = len(steady.lags) // 2
    yield _figure("engine_lag_seconds", max(steady.lags), "s", at_most(2, of="value"))
    growth = max(steady.lags[half:]) - max(steady.lags[:half])
    yield _figure("engine_lag_growth_seconds", growth, "s", at_most(1, of="value"))
    yield _figure("engine_cpu_ms_per_check", steady.cpu_ms, "ms", None)
    bursts = [made.burst() for _ in run.in_turn()]
    figure = Figure(
        name="engine_rows_per_second", value=None, unit="1/s", goal=at_least(5000 / 60, of="value")
    )
    yield compared(figure, bursts, None)
    asked = 1000 * made.asked(5 if run.is_quick else 30)
    yield _figure("engine_check_now_ms", asked, "ms", at_most(500, of="value"))


def _figure(name: str, value: float, unit: str, goal: Goal | None) -> Figure:
    return compared(Figure(name=name, value=None, unit=unit, goal=goal), [value], None)
