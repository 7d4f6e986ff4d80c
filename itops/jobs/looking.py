"""One thread looks at all queues of due rows, claims what is due, and keeps what is in work."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from secrets import token_hex

from flask import Flask

from itops.clock import monotonic, utcnow
from itops.jobs.queue_work import QueueWork
from itops.jobs.settling import Settling
from itops.services.engine import waking
from itops.services.engine.due_rows import DueQueue
from itops.services.leases import LEASE

log = logging.getLogger(__name__)

#: How often the rows are looked at while nothing is due, and how long after a failure.
LOOK_SECONDS, AFTER_FAILURE_SECONDS = 1.0, 5.0
#: Rows are kept by a heartbeat this often: two may fail before a lease ends.
HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
#: A clock that moved by more than this, beside the one that only grows, was set.
JUMP_SECONDS = 5.0


class Looking:
    """The loop that looks at all queues, claims, and keeps what is in work."""

    def __init__(
        self,
        app: Flask,
        queues: Iterable[DueQueue],
        *,
        clock: Callable[[], datetime] = utcnow,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{token_hex(4)}"
        self._app = app
        self._clock = clock
        self._heartbeat_seconds = heartbeat_seconds
        self._wake = threading.Event()
        self._settling = Settling(app, self.holder, clock=clock, after=self._after_settling)
        self.works = [QueueWork(app, queue, self.holder, self._settling) for queue in queues]
        self._kept_at = monotonic()
        self._seen = (clock(), monotonic())
        self._calm_until = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then end what is in work, and give back the rest."""
        if not self.works:
            return
        writer = threading.Thread(target=self._settling.run, name="settling")
        writer.start()
        with waking.woken(self._wake):
            while not stop.is_set():
                self._wake.clear()
                self._wake.wait(self._round())
        for work in self.works:
            work.close()
        self._settling.close()
        writer.join()
        for work in self.works:
            self._carefully(work, work.give_back)

    def _round(self) -> float:
        """Look at every queue once; return for how many seconds there is nothing to do."""
        at = self._clock()
        self._watch_clock(at)
        if monotonic() - self._kept_at >= self._heartbeat_seconds:
            self._keep_all(at)
        also_lapsed = monotonic() >= self._calm_until
        more = [
            self._carefully(work, partial(work.look, at, also_lapsed=also_lapsed))
            for work in self.works
        ]
        return 0.0 if any(more) else LOOK_SECONDS

    def _carefully(self, work: QueueWork, act: Callable[[], bool | None]) -> bool | None:
        """Act for one queue; if that fails, leave it alone for a while: the others go on."""
        if monotonic() < work.rests_until:
            return False
        try:
            with self._app.app_context():
                return act()
        except Exception:  # a failure of one queue must not end all others
            log.exception("queue %s: looking for due work failed", work.queue.name)
            work.rests_until = monotonic() + AFTER_FAILURE_SECONDS
            return False

    def _keep_all(self, at: datetime) -> None:
        self._kept_at = monotonic()
        for work in self.works:
            self._carefully(work, partial(work.keep, at))

    def _watch_clock(self, at: datetime) -> None:
        """Where the clock was set, renew our leases by the new one before any is judged by it.

        Others do the same within a heartbeat; until then only what nobody has begun is claimed.
        """
        was_at, was = self._seen
        now = monotonic()
        jump = (at - was_at).total_seconds() - (now - was)
        self._seen = (at, now)
        if abs(jump) < JUMP_SECONDS:
            return
        log.warning("the clock was set by %+.0f seconds", jump)
        self._calm_until = now + self._heartbeat_seconds + 2 * LOOK_SECONDS
        self._keep_all(at)
        if jump < 0:
            for work in self.works:
                self._carefully(work, partial(work.shorten, at))

    def _after_settling(self) -> None:
        """There is room again in a queue that was full."""
        if any(work.is_full for work in self.works):
            self._wake.set()
