"""Thirty of a hundred machines dead: whether the others are looked at on time all the same."""

from collections.abc import Iterator

from tests.bench import checks
from tests.bench.groups import Run
from tests.bench.report import Figure, at_least, compared

COUNT, DEAD_PERCENT = 200, 30


def figures(run: Run) -> Iterator[Figure]:
    """Yield the share of live checks on time in the first round, and in the next."""
    found = checks.measure(COUNT, 1 if run.is_quick else 2, DEAD_PERCENT)
    for name, one in zip(("first", "next"), found["rounds"], strict=False):
        goal = at_least(99, of="value")
        note = f"at most {one['late_most_seconds']} s late; on time is {checks.ON_TIME_SECONDS:g} s"
        figure = Figure(
            name=f"silent_on_time_{name}_round", value=None, unit="%", goal=goal, note=note
        )
        yield compared(figure, [one["on_time_percent"]], None)
