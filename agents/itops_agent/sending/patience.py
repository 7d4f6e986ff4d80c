"""When to try again: twice as long each time, with chance in it, and what the server asks for."""

from __future__ import annotations

from itops_agent import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_SECONDS = 5.0
MOST_SECONDS = 600.0
REFUSED_SECONDS = 900.0


class Patience:
    """Counts failures in a row and says from when on another attempt is fair."""

    def __init__(self, chance: Callable[[], float] = clock.chance) -> None:
        self._chance = chance
        self._failures = 0
        self.not_before = float("-inf")

    def succeeded(self) -> None:
        self._failures = 0
        self.not_before = float("-inf")

    def failed(self, ticks: float, *, at_least: float = 0.0) -> None:
        """Wait for half to one and a half of the doubled time, and never less than asked for."""
        base = min(MOST_SECONDS, FIRST_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        if at_least:
            wait = at_least * (1.0 + 0.25 * self._chance())
        else:
            wait = base * (0.5 + self._chance())
        self.not_before = ticks + max(wait, at_least)

    def is_over(self, ticks: float) -> bool:
        return ticks >= self.not_before
