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


class Walker:
    """A thread that asks the mounts of a list in turn, and can be left behind."""

    def __init__(self, measure: Callable[[str], Reading]) -> None:
        self._measure = measure
        self._is_left_behind = False
        self._places: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[tuple[str, Reading]] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="disks", daemon=True)
        self.thread.start()

    def walk(self, places: Sequence[str]) -> None:
        for place in places:
            self._places.put(place)

    def leave_behind(self) -> threading.Thread:
        """Let the thread end as soon as it comes back from where it hangs."""
        self._is_left_behind = True
        return self.thread

    def _run(self) -> None:
        while not self._is_left_behind:
            place = self._places.get()
            self.answers.put((place, outcome(self._measure, place)))


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
        self._walker: Walker | None = None

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
        walker = self._send_out(pending)
        while pending:
            try:
                mount, reading = walker.answers.get(timeout=self._limit)
            except queue.Empty:
                self._stuck[pending[0]] = walker.leave_behind()
                self._walker = None
                walker = self._send_out(pending[1:])
            else:
                seen[mount] = reading
            pending = pending[1:]
        return seen

    def _send_out(self, places: Sequence[str]) -> Walker:
        """Give the walker its list; the same thread every time, unless it hangs."""
        self._walker = self._walker or Walker(self._measure)
        self._walker.walk(places)
        return self._walker


def places() -> list[Mount]:
    if os.path.exists(mounts.TABLE):
        return mounts.on_linux()
    return mounts.elsewhere()
