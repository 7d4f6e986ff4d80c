"""One thread writes what pools have done: results that wait together go into one transaction."""

import logging
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import sleep

from sqlalchemy.exc import SQLAlchemyError

from itops.db import db
from itops.jobs.worker import Worker
from itops.services.engine import due_rows
from itops.services.engine.due_rows import Done, DueQueue

log = logging.getLogger(__name__)

#: Results in one transaction, and how long the first one waits for company.
MOST_AT_ONCE, COMPANY_SECONDS = 250, 0.02


#: A queue, what tells whether this process still holds the row, and what was done with it.
Entry = tuple[DueQueue, Callable[[], bool], Done]


class Settling:
    """The writer. Threads `put` what they have done; `run` is the body of its own thread."""

    def __init__(self, worker: Worker, *, after: Callable[[], None]) -> None:
        self._worker = worker
        self._after = after
        self._waiting: SimpleQueue[Entry | None] = SimpleQueue()

    def put(self, queue: DueQueue, is_ours: Callable[[], bool], done: Done) -> None:
        """Hand over what was done with a row; it is thrown away if the row is no longer ours."""
        self._waiting.put((queue, is_ours, done))

    def close(self) -> None:
        """Write what waits, then end."""
        self._waiting.put(None)

    def run(self) -> None:
        """Write group after group until closed."""
        is_open = True
        while is_open:
            group = [self._waiting.get()]
            sleep(COMPANY_SECONDS)
            with suppress(Empty):
                while len(group) < MOST_AT_ONCE:
                    group.append(self._waiting.get_nowait())
            is_open = None not in group
            self._settle([entry for entry in group if entry is not None])
            self._after()

    def _settle(self, group: list[Entry]) -> None:
        """Write a group, queue by queue."""
        by_queue: dict[str, tuple[DueQueue, list[Done]]] = {}
        for queue, is_ours, done in group:
            if is_ours():
                by_queue.setdefault(queue.name, (queue, []))[1].append(done)
        for queue, results in by_queue.values():
            with self._worker.app.app_context():
                self._write(queue, results)

    def _write(self, queue: DueQueue, results: list[Done]) -> None:
        """Write results in one transaction; if something in them is bad, each by itself."""
        try:
            self._commit(queue, results)
        except Exception:  # one bad result must not cost the others theirs
            db.session.rollback()
            if len(results) > 1:
                for done in results:
                    self._write(queue, [done])
                return
            log.exception("queue %s: row %s can't be settled", queue.name, results[0].row.id)
            self._put_off(queue, results[0])

    def _commit(self, queue: DueQueue, results: list[Done]) -> None:
        due_rows.settle(queue, results, at=self._worker.now(), holder=self._worker.name)
        db.session.commit()

    def _put_off(self, queue: DueQueue, done: Done) -> None:
        with suppress(SQLAlchemyError):  # else its lease ends by itself
            due_rows.put_off(queue, done.row.id, at=self._worker.now(), holder=self._worker.name)
            db.session.commit()
        db.session.rollback()
