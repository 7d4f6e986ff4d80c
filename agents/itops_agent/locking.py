"""One process at a time owns the spool; the lock goes with the process, however it ends."""

from __future__ import annotations

import os
import sys

from itops_agent.errors import SpoolError

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(path: str) -> int:
    """Return the handle that holds the lock. Raise SpoolError if another process has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle)
    except OSError:
        os.close(handle)
        raise SpoolError("spool.busy", path=path) from None
    return handle
