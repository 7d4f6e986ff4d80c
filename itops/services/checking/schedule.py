"""When a check is due: each at its own place in the interval, so that they never come at once."""

from datetime import datetime, timedelta
from math import ceil

#: The golden section spreads any run of ids evenly over an interval.
GOLDEN = 0.6180339887498949
#: A verdict is good for so many intervals, and for a while more that the check itself may take.
GOOD_FOR_INTERVALS = 2.5
AT_MOST_TAKES = timedelta(seconds=90)


def next_due(check_id: int, interval_seconds: int, *, at: datetime) -> datetime:
    """Return the check's next place in time, at least half an interval from now.

    The places of a check lie an interval apart and depend on nothing else: whatever was late, was
    asked for in between or stood still for days, the checks are spread as before.
    """
    phase = check_id * GOLDEN % 1.0 * interval_seconds
    earliest = at.timestamp() + interval_seconds / 2
    number = ceil((earliest - phase) / interval_seconds)
    return at + timedelta(seconds=number * interval_seconds + phase - at.timestamp())


def stale_at(interval_seconds: int, due_at: datetime) -> datetime:
    """Given when it is looked again, return until when a verdict counts if nobody does."""
    return due_at + timedelta(seconds=(GOOD_FOR_INTERVALS - 1) * interval_seconds) + AT_MOST_TAKES
