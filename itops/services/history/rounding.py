"""Figures as whole steps of their family's quantum, which is what is packed, and back again."""

from collections.abc import Iterable, Sequence
from math import copysign, expm1, log1p

from itops.checks.metrics import Family

#: Steps are 64-bit, and so are the differences between two of them.
MOST_STEPS = 2**62 - 1


def to_steps(family: Family, values: Iterable[float | None]) -> list[int | None]:
    """Given figures, return the nearest steps; None stays None.

    >>> to_steps(family_of("cpu.percent"), [12.34, None])
    [123, None]
    """
    per_unit = 1.0 / family.quantum
    if family.is_relative:
        return [None if value is None else _ratio_steps(value, per_unit) for value in values]
    return [None if value is None else _bounded(value * per_unit) for value in values]


def from_steps(family: Family, steps: Sequence[int | None]) -> list[float | None]:
    """Given steps, return the figures that they stand for."""
    if family.is_relative:
        quantum = family.quantum
        figures = {step: _ratio_value(step * quantum) for step in set(steps) if step is not None}
        return [None if step is None else figures[step] for step in steps]
    per_unit = 1.0 / family.quantum  # dividing gives 12.3 where multiplying by 0.1 does not
    if None in steps:
        return [None if step is None else step / per_unit for step in steps]
    return [step / per_unit for step in steps]  # type: ignore[operator]  # there is no None


def _bounded(steps: float) -> int:
    return round(min(max(steps, -MOST_STEPS), MOST_STEPS))


def _ratio_steps(value: float, per_unit: float) -> int:
    return round(copysign(log1p(abs(value)), value) * per_unit)


def _ratio_value(logarithm: float) -> float:
    return copysign(expm1(abs(logarithm)), logarithm)
