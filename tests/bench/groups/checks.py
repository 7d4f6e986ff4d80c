"""5,000 checks due each minute on the embedded default: by how much they are late."""

from collections.abc import Iterator

from tests.bench import checks
from tests.bench.groups import Run
from tests.bench.report import Figure, Goal, at_most, compared


def figures(run: Run) -> Iterator[Figure]:
    """Yield the lateness of the rounds, by how much it grows, and what it costs."""
    found = checks.measure(500 if run.is_quick else 5000, 1 if run.is_quick else 2)
    most = [one["late_most_seconds"] for one in found["rounds"]]
    missed = sum(one["of"] - one["done"] for one in found["rounds"])
    yield _figure("checks_late_most", max(most), "s", at_most(5, of="value"))
    yield _figure("checks_late_growth", most[-1] - most[0], "s", at_most(1, of="value"))
    yield _figure("checks_missed", missed, "", at_most(0, of="value"))
    yield _figure("checks_cpu", found["cpu_percent_of_a_core"], "% of a core", None)


def _figure(name: str, value: float, unit: str, goal: Goal | None) -> Figure:
    return compared(Figure(name=name, value=None, unit=unit, goal=goal), [value], None)
