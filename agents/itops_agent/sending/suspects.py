"""Finds the one report that something on the way can't stand, and spares those that had bad luck.

A firewall that objects to a piece of text answers with a page of its own, again and again, to one
report, while others pass. A broken way answers so to all. So a report is condemned only after it
has failed several times with another one arriving in between each time; the order is left to
chance, so that two servers of which one is broken don't look like a bad report.
"""

from __future__ import annotations

from itops_agent import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

STRIKES = 5


class Suspects:
    """At most one suspect at a time: the oldest report that fails alone."""

    def __init__(self, chance: Callable[[], float] = clock.chance) -> None:
        self._chance = chance
        self._seq: int | None = None
        self._strikes = 0
        self._is_set_aside = False
        self._has_another_arrived = True

    def to_skip(self) -> tuple[int, ...]:
        """Return what the next batch leaves out."""
        return (self._seq,) if self._seq is not None and self._is_set_aside else ()

    def failed(self, seqs: Collection[int]) -> bool:
        """Note an odd answer to these. Return whether the one among them is condemned."""
        if self._is_set_aside and self._seq not in seqs:
            self._forget()  # others fail as well: it is the way
            return False
        if len(seqs) > 1:
            return False
        (seq,) = seqs
        if seq != self._seq:
            self._forget()
            self._seq = seq
        self._strikes += self._has_another_arrived
        self._has_another_arrived = False
        self._is_set_aside = True
        return self._strikes >= STRIKES

    def arrived(self, seqs: Collection[int]) -> None:
        """Note that these passed."""
        if self._seq in seqs:
            self._forget()
            return
        self._has_another_arrived = True
        self._is_set_aside = self._chance() < 0.5

    def bring_back(self) -> None:
        """Nothing else waits: the suspect gets another chance."""
        self._is_set_aside = False

    def _forget(self) -> None:
        self._seq, self._strikes = None, 0
        self._is_set_aside, self._has_another_arrived = False, True
