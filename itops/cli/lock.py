"""One process writes to an embedded database: an exclusive lock on the data folder."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from itops.clock import monotonic
from itops.errors import Misconfigured

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def hold(data_dir: Path, *, wait_seconds: float = 0) -> IO[str]:
    """Take the data folder's lock; it is held until the file that is returned is closed.

    Raise Misconfigured if another server still has it after `wait_seconds`.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (data_dir / "server.lock").open("a+", encoding="utf-8")
    until = monotonic() + wait_seconds
    while True:
        with suppress(OSError):
            _lock(file)
            return file
        if monotonic() >= until:
            file.close()
            raise Misconfigured("serve.folder_in_use", folder=str(data_dir))
        time.sleep(0.05)
