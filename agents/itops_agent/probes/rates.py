"""What flows a second through disks and network cards: the difference between two readings.

Counters that went back (a card was reset, a disk was swapped) give no figure for that interval.
"""

from __future__ import annotations

import os
import re

import psutil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    #: name of a device -> its counters
    Counters = Mapping[str, Mapping[str, float]]

#: Disks that are made of other disks or of memory; their traffic would count twice or not at all.
DERIVED_DISK = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd)\d*")
#: Where /sys can't say which cards are real.
LOOPBACK = re.compile(r"lo\d*$|loopback", re.IGNORECASE)


def read_disks() -> dict[str, dict[str, float]]:
    """Return the counters of each whole disk (not of its partitions)."""
    seen = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    return {name: counters._asdict() for name, counters in seen.items() if is_whole_disk(name)}


def is_whole_disk(name: str, folder: str = "/sys/block") -> bool:
    if DERIVED_DISK.match(name):
        return False
    return not os.path.isdir(folder) or os.path.isdir(os.path.join(folder, name.replace("/", "!")))


def read_network() -> dict[str, dict[str, float]]:
    """Return the counters of each real network card (of all but loopback where none is real)."""
    seen = psutil.net_io_counters(pernic=True, nowrap=False) or {}
    outside = {name: counters._asdict() for name, counters in seen.items() if not is_local(name)}
    return {name: outside[name] for name in outside if is_real_card(name)} or outside


def is_local(name: str) -> bool:
    return LOOPBACK.match(name) is not None


def is_real_card(name: str, folder: str = "/sys/class/net") -> bool:
    """Say whether a device stands behind the card; bridges, bonds and VPNs have none."""
    return not os.path.isdir(folder) or os.path.exists(os.path.join(folder, name, "device"))


def disk_rates(before: Counters, after: Counters, seconds: float) -> dict[str, object] | None:
    """Return bytes a second of all disks, and how busy the busiest one was; None if unknown."""
    changes = growth(before, after)
    if seconds <= 0 or changes is None:
        return None
    busy = [change["busy_time"] for change in changes.values() if "busy_time" in change]
    return {
        "read_bytes_per_second": per_second(changes, "read_bytes", seconds),
        "write_bytes_per_second": per_second(changes, "write_bytes", seconds),
        "busy_percent": min(100.0, round(max(busy) / seconds / 10.0, 1)) if busy else None,
    }


def network_rates(before: Counters, after: Counters, seconds: float) -> dict[str, object] | None:
    """Return bytes and errors a second over all real cards; None if unknown."""
    changes = growth(before, after)
    if seconds <= 0 or changes is None:
        return None
    errors = per_second(changes, "errin", seconds) + per_second(changes, "errout", seconds)
    return {
        "received_bytes_per_second": per_second(changes, "bytes_recv", seconds),
        "sent_bytes_per_second": per_second(changes, "bytes_sent", seconds),
        "errors_per_second": round(errors, 3),
    }


def growth(before: Counters, after: Counters) -> dict[str, dict[str, float]] | None:
    """Return by how much each counter of the devices in both readings grew; None if one shrank."""
    changes = {
        name: {what: after[name][what] - before[name].get(what, 0.0) for what in after[name]}
        for name in after
        if name in before
    }
    if not changes or any(step < 0 for change in changes.values() for step in change.values()):
        return None
    return changes


def per_second(changes: Mapping[str, Mapping[str, float]], what: str, seconds: float) -> float:
    return round(sum(change.get(what, 0.0) for change in changes.values()) / seconds, 3)
