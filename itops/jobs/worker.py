"""What the threads of one worker share: its name, its clock, its heartbeat, when it is to stop."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from secrets import token_hex

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from itops.clock import monotonic
from itops.db import db
from itops.jobs.clocks import Clock, clock_of
from itops.services.leases import LEASE, LeaseLost

log = logging.getLogger(__name__)

#: What is in work is kept this often: two heartbeats may fail before a lease ends.
HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
#: A clock that moved by more than this, beside the one that only grows, was set.
JUMP_SECONDS = 5.0


class Pulse:
    """One piece of work that is kept alive for as long as it shows a sign of life itself."""

    def __init__(self, keep: Callable[[datetime], None], most_silent: float) -> None:
        self.keep = keep
        self._most_silent = most_silent
        self._heard = monotonic()

    def hear(self) -> None:
        """Note a sign of life."""
        self._heard = monotonic()

    @property
    def is_silent(self) -> bool:
        return monotonic() - self._heard > self._most_silent


class Worker:
    """One worker: a process, or in tests one of several in it."""

    def __init__(
        self,
        app: Flask,
        stop: threading.Event | None = None,
        *,
        clock: Clock | None = None,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.app = app
        self.stop = stop or threading.Event()
        self.now = clock or clock_of(app)
        self.heartbeat_seconds = heartbeat_seconds
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{token_hex(4)}"
        self._pulses: set[Pulse] = set()
        self._seen = (self.now(), monotonic())
        self._calm_until = 0.0

    def new_claim(self) -> str:
        """Return a name for one claim of this worker, as no other claim has."""
        return f"{self.name}/{token_hex(3)}"

    @property
    def takes_over(self) -> bool:
        """Whether what others have begun may be taken from them when its lease is over."""
        return monotonic() >= self._calm_until

    def jump(self, at: datetime) -> float:
        """Return by how many seconds the clock was set since it was last looked at.

        Others renew their leases by the new clock within a heartbeat; until then nothing is taken
        over from them.
        """
        was_at, was = self._seen
        now = monotonic()
        self._seen = (at, now)
        jump = (at - was_at).total_seconds() - (now - was)
        if abs(jump) < JUMP_SECONDS:
            return 0.0
        log.warning("the clock was set by %+.0f seconds", jump)
        self._calm_until = now + 2 * self.heartbeat_seconds
        return jump

    @contextmanager
    def keeping(
        self, keep: Callable[[datetime], None], *, most_silent: float = float("inf")
    ) -> Iterator[Pulse]:
        """Keep a piece of work in this block, unless it says nothing for too long."""
        pulse = Pulse(keep, most_silent)
        self._pulses.add(pulse)
        try:
            yield pulse
        finally:
            self._pulses.discard(pulse)

    def keep_all(self, at: datetime) -> None:
        """Keep whatever is in work and lives."""
        for pulse in [pulse for pulse in self._pulses if not pulse.is_silent]:
            try:
                with self.app.app_context():
                    pulse.keep(at)
                    db.session.commit()
            except LeaseLost:  # its own thread will find out
                self._pulses.discard(pulse)
            except SQLAlchemyError:
                log.warning("a heartbeat failed", exc_info=True)
