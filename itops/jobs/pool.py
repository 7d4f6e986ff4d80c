"""Threads that carry out what they are handed, and die with the process whatever they do."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from itops.clock import monotonic


class Pool:
    """Up to `size` threads, begun as they are needed.

    Unlike those of concurrent.futures they are daemons: one that hangs keeps no server from ending.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._threads: list[threading.Thread] = []
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._is_closed = False

    def submit(self, act: Callable[[], None]) -> None:
        """Have one of the threads do `act`, which must not raise."""
        self._waiting.put(act)
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._size:
            name = f"{self._name}-{len(self._threads) + 1}"
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def replace_one(self) -> None:
        """Count on one thread less: it hangs. Another may be begun in its place."""
        self._size += 1

    def close(self, *, until: float) -> None:
        """Begin nothing more; wait for what is being done, but not beyond a monotonic moment."""
        self._is_closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def _run(self) -> None:
        while (act := self._waiting.get()) is not None:
            if self._is_closed:
                continue
            act()
            self._idle.release()
