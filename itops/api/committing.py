"""One thread that writes: what waits goes into one transaction, and is answered once it is safe."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from itops import sqlite
from itops.api.waiting import (
    PATIENCE_SECONDS,
    Failure,
    Patience,
    Promised,
    Waiting,
    Word,
    keep_all,
)
from itops.clock import utcnow
from itops.db import answer_soon
from itops.services.intake.accepting import take
from itops.services.intake.known import KnownHosts
from itops.services.intake.messages import Delivery, Outcome

log = logging.getLogger(__name__)

#: Deliveries in one transaction.
MOST_AT_ONCE = 256


def _is_trouble(error: DatabaseError) -> bool:
    """Whether it is the database that fails, and not what was to be written."""
    return isinstance(error, OperationalError) or sqlite.is_broken(error.orig)


def stop_process() -> None:
    """End this process as on a signal; whoever supervises it starts it anew."""
    os.kill(os.getpid(), signal.SIGTERM)


class GroupCommit:
    """Commits deliveries in groups. Any thread may `submit`; the first one starts the writer."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], datetime] = utcnow,
        stop: Callable[[], None] = stop_process,
    ) -> None:
        self.known = KnownHosts()
        self._engine = engine
        self._clock = clock
        self._stop = stop
        self._patience = Patience()
        self._queue: SimpleQueue[Waiting | Promised | None] = SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._is_broken = False

    def submit(self, delivery: Delivery) -> Word:
        """Return what became of a delivery, after the commit."""
        if self._is_broken:
            return Failure.BUSY
        if self._thread is None:
            self._begin()
        waiting = Waiting(delivery)
        self._queue.put(waiting)
        if not waiting.ready.acquire(timeout=PATIENCE_SECONDS):
            return Failure.BUSY
        return waiting.outcome

    async def taken(self, delivery: Delivery) -> Word:
        """Return what became of a delivery, after the commit; nobody's thread waits."""
        if self._is_broken:
            return Failure.BUSY
        if self._thread is None:
            self._begin()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Word] = loop.create_future()
        self._queue.put(Promised(delivery, future))
        self._patience.watch(future, loop)
        return await future

    def close(self) -> None:
        """Write what waits, then stop the writer."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _begin(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        answer_soon()
        is_open = True
        while is_open:
            first = self._queue.get()
            group: list[Waiting | Promised] = [first] if first is not None else []
            is_open = first is not None
            try:
                while len(group) < MOST_AT_ONCE:
                    more = self._queue.get_nowait()
                    if more is None:
                        is_open = False
                    else:
                        group.append(more)
            except Empty:
                pass
            self._work(group)
        self._disconnect()

    def _work(self, group: list[Waiting | Promised]) -> None:
        """Commit a group; if something in it is bad, each delivery by itself."""
        if not group:
            return
        failure = self._try(group)
        if failure is Failure.BAD and len(group) > 1:
            for waiting in group:
                self._answer([waiting], self._try([waiting]))
            return
        self._answer(group, failure)
        if failure is Failure.BUSY:
            self._answer(self._all_waiting(), failure)

    def _all_waiting(self) -> list[Waiting | Promised]:
        """Take out who came meanwhile: they waited for the same lock, and not once more."""
        found: list[Waiting | Promised] = []
        with suppress(Empty):
            while (more := self._queue.get_nowait()) is not None:
                found.append(more)
            self._queue.put(None)
        return found

    def _answer(self, group: list[Waiting | Promised], failure: Failure | None) -> None:
        """Let all of a group go; of those on a loop with one call, which costs as much as many."""
        promised = []
        for waiting in group:
            if failure is not None:
                waiting.outcome = failure
            if isinstance(waiting, Promised):
                promised.append(waiting)
            else:
                waiting.ready.release()
        if promised:
            loop = promised[0].future.get_loop()
            with suppress(RuntimeError):  # the loop ended: so did its connections
                loop.call_soon_threadsafe(keep_all, promised)

    def _try(self, group: list[Waiting | Promised]) -> Failure | None:
        """Write a group in one transaction; on any failure nothing of it is there."""
        if self._is_broken:
            return Failure.BUSY
        try:
            outcomes = self.commit([waiting.delivery for waiting in group])
        except Exception as error:
            self._disconnect()
            if isinstance(error, DatabaseError) and _is_trouble(error):
                return self._trouble(error)
            log.exception("a report could not be taken")
            return Failure.BAD
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.outcome = outcome
        return None

    def commit(self, deliveries: list[Delivery]) -> list[Outcome]:
        """Take deliveries in one transaction of the writer's own connection, and commit it."""
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            return take(self.known, self._connection, deliveries, at=self._clock())

    def _trouble(self, error: DatabaseError) -> Failure:
        """Say what the database's refusal means; after an I/O error this process must not go on."""
        text = str(error.orig).lower()
        if "disk is full" in text or "no space left" in text:
            log.error("disk full", exc_info=error)
            return Failure.DISK_FULL
        log.error("database", exc_info=error)
        if sqlite.is_broken(error.orig):
            self._is_broken = True
            self._stop()
        return Failure.BUSY

    def _disconnect(self) -> None:
        """Let go of the connection and of what a transaction that failed left in memory."""
        self.known.forget()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
