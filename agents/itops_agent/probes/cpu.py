"""How busy the processors are."""

from __future__ import annotations

import os

import psutil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def read() -> dict[str, float]:
    """Return the seconds that all processors together have spent on each thing since boot."""
    times: dict[str, float] = psutil.cpu_times()._asdict()
    return times


def shares(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, object]:
    """Given two readings, return what was done between them, in percent of the whole machine.

    Guest time is part of user time on Linux, so it is left out of the sum.
    """
    spent = {
        name: max(0.0, after[name] - before.get(name, 0.0))
        for name in after
        if name not in ("guest", "guest_nice", "interrupt", "dpc")
    }
    total = sum(spent.values()) or 1.0
    idle, waiting = spent.get("idle", 0.0), spent.get("iowait", 0.0)
    user = spent.get("user", 0.0) + spent.get("nice", 0.0)
    busy = total - idle - waiting if sum(spent.values()) else 0.0
    system = busy - user - spent.get("steal", 0.0)
    return {
        "percent": percent(busy / total),
        "user_percent": percent(user / total),
        "system_percent": percent(system / total),
        "iowait_percent": percent(waiting / total) if "iowait" in after else None,
        "count": psutil.cpu_count() or 1,
    }


def percent(share: float) -> float:
    return round(min(100.0, max(0.0, share * 100.0)), 1)


def load() -> dict[str, float] | None:
    """Return how many processes wanted to run, over 1, 5 and 15 minutes; None on Windows."""
    if not hasattr(os, "getloadavg"):
        return None
    m1, m5, m15 = os.getloadavg()
    return {"m1": round(m1, 2), "m5": round(m5, 2), "m15": round(m15, 2)}
