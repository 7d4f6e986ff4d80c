"""Which numbers of a spool have come: a high-water mark and the gaps under it."""

from dataclasses import dataclass, field
from enum import StrEnum

#: An agent leaves a gap only where it dropped reports; so many are a fault or an attack.
MOST_GAPS = 500


class Place(StrEnum):
    """What a report's number says about it."""

    NEW = "new"
    ALREADY = "already"
    #: Under the part that was forgotten because there were too many gaps: we can't tell.
    FORGOTTEN = "forgotten"


@dataclass(slots=True)
class Marks:
    """How far a spool has come. A first gap that begins at 0 is what was forgotten."""

    high_water: int = 0
    gaps: list[list[int]] = field(default_factory=list)

    def place(self, seq: int) -> Place:
        """Say whether a report with this number is new, and if so mark it as come."""
        if seq > self.high_water:
            if seq > self.high_water + 1:
                self._add([self.high_water + 1, seq - 1])
            self.high_water = seq
            return Place.NEW
        for index, (first, last) in enumerate(self.gaps):
            if first <= seq <= last:
                if first == 0:
                    return Place.FORGOTTEN
                rest = [[first, seq - 1], [seq + 1, last]]
                self.gaps[index : index + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                return Place.NEW
        return Place.ALREADY

    def _add(self, gap: list[int]) -> None:
        self.gaps.append(gap)
        if len(self.gaps) > MOST_GAPS:
            self.gaps[:2] = [[0, self.gaps[1][1]]]
