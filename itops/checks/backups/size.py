"""Whether a backup is about as large as usual: a dump that lost half its tables is not."""

from collections.abc import Sequence
from statistics import median

from itops.checks.base import Finding, State
from itops.errors import Message

NAME = "size"
#: So many former sizes make a band, and no more than these are looked at.
LEAST, MOST = 3, 14
#: Below and above these shares of the usual size it is amber, below the third it is red.
LOW, HIGH, RED = 0.8, 1.5, 0.5


def evaluate(size_bytes: int | None, former: Sequence[int]) -> Finding:
    """Given a size and those of good runs before it, the newest first, return whether it fits."""
    if size_bytes is None:
        return _said(State.UNKNOWN, "backup.size.not_told", 0)
    if size_bytes == 0:
        return _said(State.CRITICAL, "backup.size.empty", 0)
    if len(former) < LEAST:
        return _said(State.OK, "backup.size.no_band", size_bytes, n=LEAST)
    usual = int(median(former[:MOST]))
    share = size_bytes / usual if usual else 1.0
    state, key = _graded(share)
    percent = round(100 * share)
    return _said(state, key, size_bytes, size=size_bytes, usual=usual, percent=percent)


def _graded(share: float) -> tuple[State, str]:
    if share < LOW:
        return State.CRITICAL if share < RED else State.WARNING, "backup.size.small"
    if share > HIGH:
        return State.WARNING, "backup.size.large"
    return State.OK, "backup.size.usual"


def band(former: Sequence[int]) -> tuple[float, float] | None:
    """Return the sizes between which nothing is said; None while there are too few."""
    if len(former) < LEAST:
        return None
    usual = median(former[:MOST])
    return LOW * usual, HIGH * usual


def _said(state: State, key: str, size_bytes: int, **params: object) -> Finding:
    return Finding(NAME, state, Message(key, params), {"size_bytes": float(size_bytes)})
