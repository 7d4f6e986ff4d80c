"""The two clocks and the one source of chance. Nothing else here reads them."""

import os
import time


def now() -> float:
    """Return the wall clock, in epoch seconds. It may jump; use it only to label things."""
    return time.time()


def ticks() -> float:
    """Return seconds of a clock that never goes back. Use it for every wait and every rate."""
    return time.monotonic()


def chance() -> float:
    """Return a number in [0, 1) for jitter; importing `random` would cost half a mebibyte."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def draw_id() -> str:
    """Return 32 hex digits that nobody else has."""
    return os.urandom(16).hex()


def rest(seconds: float) -> None:
    time.sleep(seconds)
