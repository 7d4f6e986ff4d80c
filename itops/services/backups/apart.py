"""Work that would hold up the server, in a process of its own with the system's last priority.

On a thread it was in the way twice: it held the interpreter whenever it ran Python, and had it from
the last place in the queue for a processor.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NoReturn, TypeVar

import psutil

from itops.errors import ItopsError
from itops.remote.backups.faults import CannotLook

#: Of Linux's priorities the last, for the processor and for the disk.
LOWEST, LOWEST_OF_DISK = 19, 7

Given = TypeVar("Given")
Found = TypeVar("Found")


def apart(act: Callable[[Given], Found], given: Given) -> Found:
    """Return what `act`, a function of a module, finds. Raise CannotLook if its process dies.

    It dies with ours, as a thread of the background work would; what it had drafted it removes.
    """
    fresh = multiprocessing.get_context("spawn")  # no threads and no connections of ours
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_do, args=(theirs, act, given), daemon=True)
    with ours:
        process.start()
        theirs.close()
        try:
            found, error = ours.recv()
        except EOFError:
            raise CannotLook(why="the process that did it was ended") from None
        finally:
            process.join()
    if error is not None:
        raise error
    return found  # type: ignore[no-any-return]


def _do(answer: "Connection[Any, Any]", act: Callable[[Given], Found], given: Given) -> None:
    _step_back()
    found: tuple[Found | None, Exception | None]
    try:
        found = act(given), None
    except (ItopsError, OSError) as error:
        found = None, error
    with answer, suppress(BrokenPipeError):  # nobody waits any more
        answer.send(found)


def _step_back() -> None:
    """Let all others go first; whether to stop is the server's decision, who waits for us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
        psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, LOWEST_OF_DISK)


def _end(*_signal: object) -> NoReturn:
    """End in good order: drafts are removed on the way out."""
    sys.exit(1)
