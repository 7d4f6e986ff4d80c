"""Waits that end at once when the process is told to stop."""

from __future__ import annotations

import os
import select
import signal
import socket

from itops_agent import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

#: Windows ends a task without a word. There a second task leaves this file (see `installing`).
LOOK_SECONDS = 2.0


class Stop:
    """Becomes set by SIGTERM, SIGINT, or a file that asks for it."""

    def __init__(self, request_file: str = "", *, looks_at_file: bool = os.name == "nt") -> None:
        self.is_set = False
        self._request_file = request_file if looks_at_file else ""
        self._bell, self._rope = socket.socketpair()
        self._bell.settimeout(0)
        self._rope.settimeout(0)
        self.is_shutdown = False

    def listen(self) -> None:
        """Take the signals. Only the main thread may."""
        signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._heard)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.is_set = True

    def wait(self, seconds: float) -> None:
        """Return after the time, or as soon as this is set."""
        until = clock.ticks() + seconds
        while not self.is_set:
            left = until - clock.ticks()
            self._look_at_file()
            if left <= 0 or self.is_set:
                return
            piece = min(left, LOOK_SECONDS) if self._request_file else left
            ready, _, _ = select.select([self._bell], [], [], piece)
            if ready:
                self._bell.recv(4096)

    def _look_at_file(self) -> None:
        if self._request_file and os.path.exists(self._request_file):
            with open(self._request_file, encoding="utf-8") as file:
                self.is_shutdown = file.read(20).strip() == "shutdown"
            os.unlink(self._request_file)
            self.is_set = True

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._bell.close()
        self._rope.close()
