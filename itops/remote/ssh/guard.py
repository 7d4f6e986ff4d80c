"""Cuts off connections that stall where the library waits without an end of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import paramiko

from itops.clock import monotonic
from itops.remote.limits import Deadline


class Guard:
    """Closes what is watched past its deadline. Its thread only lives while something is."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[int, tuple[float, paramiko.Transport]] = {}
        self._numbers = count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, transport: paramiko.Transport, deadline: Deadline) -> Iterator[None]:
        """Close `transport` if the block is still running at the deadline."""
        number = next(self._numbers)
        with self._changed:
            self._watched[number] = (deadline.ends, transport)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="ssh-guard", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(number, None)

    def _watch(self) -> None:
        while late := self._wait():
            for transport in late:
                transport.close()

    def _wait(self) -> list[paramiko.Transport]:
        """Return what is late; nothing once there is nothing to watch for a minute."""
        with self._changed:
            idle_since = monotonic()
            while True:
                now = monotonic()
                late = [number for number, (ends, _) in self._watched.items() if ends <= now]
                if late:
                    return [self._watched.pop(number)[1] for number in late]
                if self._watched:
                    idle_since = now
                elif now - idle_since > 60:
                    self._thread = None
                    return []
                self._changed.wait(1.0)
