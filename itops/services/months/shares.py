"""So many of so many: a percentage only where there are enough of them to mean something."""

from dataclasses import dataclass

#: With fewer there is no percentage: one of two is not 50 %.
LEAST = 3


@dataclass(frozen=True)
class Share:
    """`part` of `whole`."""

    part: int = 0
    whole: int = 0

    @property
    def percent(self) -> float | None:
        """The share in percent; None where there are too few to say."""
        return 100 * self.part / self.whole if self.whole >= LEAST else None

    @property
    def rest(self) -> int:
        return self.whole - self.part
