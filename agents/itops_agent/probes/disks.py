"""How full each file system is; a mount that hangs costs its time limit once, and one thread.

A call to a dead network mount can't be interrupted. So a thread makes the calls, and when one of
them takes too long the thread is left behind with it: that mount is then reported as `timeout`
without being asked again until its thread comes back.
"""

from __future__ import annotations

import os
import queue
import threading

import psutil

from itops_agent.probes import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from itops_agent.probes.mounts import Mount

    Reading = dict[str, object]

LIMIT_SECONDS = 3.0


def measure(mount: str) -> Reading:
    """Return size and free space (for an ordinary user) and the share of inodes in use."""
    usage = psutil.disk_usage(mount)
    return {
        "total_bytes": usage.total,
        "free_bytes": usage.free,
        "inodes_percent": inodes_percent(mount),
    }


def inodes_percent(mount: str) -> float | None:
    """Return None where the file system has no fixed number of inodes (btrfs, NTFS)."""
    if not hasattr(os, "statvfs"):
        return None
    seen = os.statvfs(mount)
    if not seen.f_files:
        return None
    return round(100.0 * (seen.f_files - seen.f_ffree) / seen.f_files, 1)


def outcome(measure: Callable[[str], Reading], mount: str) -> Reading:
    try:
        return {"state": "ok", **measure(mount)}
    except PermissionError:
        return {"state": "denied"}
    except OSError:
        return {"state": "error"}


class Walk:
    """One thread that asks a list of mounts in turn, and can be left behind."""

    def __init__(self, measure: Callable[[str], Reading], places: Sequence[str]) -> None:
        self._measure = measure
        self._places = places
        self._left_behind = False
        self.answers: queue.SimpleQueue[tuple[str, Reading]] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="disks", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for place in self._places:
            if self._left_behind:
                return
            self.answers.put((place, outcome(self._measure, place)))

    def leave_behind(self) -> threading.Thread:
        self._left_behind = True
        return self.thread


class DiskProbe:
    """Asks every mount, each within the limit, and remembers which ones hang."""

    def __init__(
        self,
        measure: Callable[[str], Reading] = measure,
        *,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._measure = measure
        self._limit = limit_seconds
        self._stuck: dict[str, threading.Thread] = {}

    def read(self, places: Sequence[Mount]) -> list[Reading]:
        """Return one entry for each mount, in the given order."""
        seen = self._ask([place.mount for place in places if not self._hangs(place.mount)])
        late: Reading = {"state": "timeout"}
        return [
            {
                "mount": place.mount,
                "device": place.device,
                "fstype": place.fstype,
                **seen.get(place.mount, late),
            }
            for place in places
        ]

    def _hangs(self, mount: str) -> bool:
        thread = self._stuck.get(mount)
        if thread is not None and not thread.is_alive():
            del self._stuck[mount]
            return False
        return thread is not None

    def _ask(self, places: Sequence[str]) -> dict[str, Reading]:
        """Walk the mounts; each time the walk gets stuck, start another one behind that mount."""
        seen: dict[str, Reading] = {}
        pending = list(places)
        walk = Walk(self._measure, pending)
        while pending:
            try:
                mount, reading = walk.answers.get(timeout=self._limit)
            except queue.Empty:
                stuck = pending[0]
                pending = pending[1:]
                self._stuck[stuck] = walk.leave_behind()
                walk = Walk(self._measure, pending)
            else:
                seen[mount] = reading
                pending = pending[1:]
        return seen


def places() -> list[Mount]:
    if os.path.exists(mounts.TABLE):
        return mounts.on_linux()
    return mounts.elsewhere()
