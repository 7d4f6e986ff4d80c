"""The time. Only the edge reads it; everything below is handed an `at`."""

import time
from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that only grow, for measuring how long something took."""
    return time.monotonic()
