"""Leases: who works on a row, until when; whoever lost its lease may not commit."""

from datetime import timedelta

#: A worker that says nothing for this long is taken for dead, and its work is free again.
LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """Somebody else has the work now: roll back what was done since the last commit."""
