"""Connections that stay open between rounds: one command at a time on a machine."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import paramiko

from itops.checks.answers import Output
from itops.checks.questions import Command
from itops.clock import monotonic
from itops.remote.errors import Busy, ClosedEarly, RemoteError
from itops.remote.limits import DEFAULTS, Deadline, RemoteLimits
from itops.remote.ssh.guard import Guard
from itops.remote.ssh.running import run_on
from itops.remote.ssh.session import opened
from itops.remote.ssh.target import SshTarget

Identity = tuple[str, int, str, str, str]


@dataclass
class Seat:
    """One account on one machine: its connection, and who may use it now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    transport: paramiko.Transport | None = None
    used_at: float = 0.0
    #: The last connection that could not be made, and when that was known.
    failure: RemoteError | None = None
    failed_at: float = 0.0

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None


class Transports:
    """Runs commands on connections that are kept; safe to use from many threads.

    A connection is used again for the same address, port, user, credential id and host key.
    """

    def __init__(
        self,
        *,
        limits: RemoteLimits = DEFAULTS,
        most_open: int = 500,
        idle_seconds: float = 900,
    ) -> None:
        self.limits = limits
        self.most_open = most_open
        self.idle_seconds = idle_seconds
        self._seats: dict[Identity, Seat] = {}
        self._lock = threading.Lock()
        self._guard = Guard()
        self._swept_at = monotonic()

    def run(
        self, target: SshTarget, command: Command, *, limits: RemoteLimits | None = None
    ) -> Output:
        """Return what `command` printed on `target`. Raise a RemoteError that says why not."""
        limits = limits or self.limits
        deadline = Deadline(limits.total_seconds)
        line = command.forced() if target.is_forced else command.direct()
        self._sweep()
        with self._seat(target, deadline) as seat:
            try:
                return self._run(seat, target, line, limits, deadline)
            except BaseException:
                seat.close()
                raise

    def forget(self, is_meant: Callable[[Identity], bool] = lambda _identity: True) -> None:
        """Close connections, such as those of a credential that was withdrawn."""
        with self._lock:
            meant = [identity for identity in self._seats if is_meant(identity)]
            seats = [self._seats.pop(identity) for identity in meant]
        for seat in seats:
            # A command that runs at this moment ends with ClosedEarly.
            seat.close()

    def close(self) -> None:
        """Close all connections; the pool can still be used."""
        self.forget()

    @property
    def open_count(self) -> int:
        with self._lock:
            return sum(1 for seat in self._seats.values() if seat.transport is not None)

    def _run(
        self, seat: Seat, target: SshTarget, line: str, limits: RemoteLimits, deadline: Deadline
    ) -> Output:
        kept = seat.transport
        if kept is not None and kept.is_active():
            try:
                return run_on(kept, line, limits=limits, deadline=deadline, guard=self._guard)
            except ClosedEarly:
                # The machine was restarted or dropped idle connections: that says nothing yet.
                pass
        seat.close()
        seat.transport = self._opened(seat, target, limits, deadline)
        return run_on(seat.transport, line, limits=limits, deadline=deadline, guard=self._guard)

    def _opened(
        self, seat: Seat, target: SshTarget, limits: RemoteLimits, deadline: Deadline
    ) -> paramiko.Transport:
        try:
            return opened(target, limits, deadline)
        except RemoteError as error:
            seat.failure, seat.failed_at = error, monotonic()
            raise

    @contextmanager
    def _seat(self, target: SshTarget, deadline: Deadline) -> Iterator[Seat]:
        """Hold the seat of a target. What failed while we waited for it has failed for us too."""
        with self._lock:
            seat = self._seats.setdefault(target.identity, Seat())
        came_at = monotonic()
        if not seat.lock.acquire(timeout=deadline.left("run")):
            raise Busy
        try:
            if seat.failure is not None and seat.failed_at > came_at:
                raise seat.failure.with_traceback(None)
            yield seat
            seat.used_at = monotonic()
        finally:
            seat.lock.release()

    def _sweep(self) -> None:
        """Close what nobody used for long, and the longest unused where too many are open."""
        now = monotonic()
        with self._lock:
            if now - self._swept_at < 1.0:
                return
            self._swept_at = now
            idle = sorted(
                (seat.used_at, identity)
                for identity, seat in self._seats.items()
                if not seat.lock.locked()
            )
            surplus = len(self._seats) - self.most_open
            old = [
                identity
                for number, (used_at, identity) in enumerate(idle)
                if number < surplus or now - used_at > self.idle_seconds
            ]
            closing = [self._seats[identity] for identity in old]
            for identity in old:
                del self._seats[identity]
        for seat in closing:
            with seat.lock:
                seat.close()
