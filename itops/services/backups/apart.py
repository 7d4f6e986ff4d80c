"""Work that would hold up the server, in a process of its own with the system's last priority.

On a thread it was in the way twice: it held the interpreter whenever it ran Python, and had it from
the last place in the queue for a processor.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import psutil

from itops.remote.backups.faults import CannotLook

#: Of Linux's priorities the last, for the processor and for the disk.
LOWEST, LOWEST_OF_DISK = 19, 7

Given = TypeVar("Given")
Found = TypeVar("Found")


def apart(act: Callable[[Given], Found], given: Given) -> Found:
    """Return what `act`, a function of a module, finds. Raise CannotLook if its process dies."""
    fresh = multiprocessing.get_context("spawn")  # no threads and no connections of ours
    with ProcessPoolExecutor(1, fresh, initializer=_step_back) as pool:
        try:
            return pool.submit(act, given).result()
        except BrokenProcessPool:
            raise CannotLook(why="the process that did it was ended") from None


def _step_back() -> None:
    """Let all others go first; whether to stop is the server's decision, who waits for us."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
        psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, LOWEST_OF_DISK)
