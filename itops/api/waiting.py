"""Who waits for the writer's word about a delivery: a thread, or somebody on an event loop."""

import asyncio
import threading
from collections import deque
from enum import StrEnum

from itops.services.intake.messages import Delivery, Outcome

#: Who waits longer than this is told to come again; what is taken by then is "already" there.
PATIENCE_SECONDS = 30.0
#: How often somebody looks who has waited too long.
LOOK_SECONDS = 1.0


class Failure(StrEnum):
    """Why nothing of a delivery was taken."""

    BUSY = "busy"
    DISK_FULL = "disk_full"
    BAD = "bad"


Word = Outcome | Failure


class Waiting:
    """A delivery whose outcome a thread waits for: a lock that is free once it is there."""

    __slots__ = ("delivery", "outcome", "ready")

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.outcome: Word = Failure.BUSY
        self.ready = threading.Lock()
        self.ready.acquire()


class Promised:
    """A delivery whose outcome is awaited on an event loop."""

    __slots__ = ("delivery", "future", "outcome")

    def __init__(self, delivery: Delivery, future: "asyncio.Future[Word]") -> None:
        self.delivery = delivery
        self.outcome: Word = Failure.BUSY
        self.future = future


def keep_all(promised: list[Promised]) -> None:
    """Let go who awaits these, on their loop."""
    for one in promised:
        if not one.future.done():
            one.future.set_result(one.outcome)


class Patience:
    """Lets go on a loop who has waited too long: one look a second, where a timer each costs."""

    def __init__(
        self, *, patience_seconds: float = PATIENCE_SECONDS, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._patience_seconds, self._look_seconds = patience_seconds, look_seconds
        #: Since when each one waits, in the order in which they came.
        self._waiting: deque[tuple[float, asyncio.Future[Word]]] = deque()
        self._is_looking = False

    def watch(self, future: "asyncio.Future[Word]", loop: asyncio.AbstractEventLoop) -> None:
        """Let `future` say that we are busy if it says nothing in time."""
        self._forget_the_done()
        self._waiting.append((loop.time(), future))
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(self._look_seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._forget_the_done()
        while self._waiting and self._waiting[0][0] + self._patience_seconds <= loop.time():
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_result(Failure.BUSY)
        self._is_looking = bool(self._waiting)
        if self._is_looking:
            loop.call_later(self._look_seconds, self._look, loop)

    def _forget_the_done(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0][1].done():
            waiting.popleft()
