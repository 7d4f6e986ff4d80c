"""A queue of due rows at work in this process: what it holds, and the threads that carry it out."""

import logging
from datetime import datetime
from functools import partial

from itops.clock import monotonic
from itops.db import db, reading
from itops.jobs.pool import Pool
from itops.jobs.settling import Settling
from itops.jobs.worker import Worker
from itops.services.engine import due_rows
from itops.services.engine.due_rows import Claimed, Done, DueQueue, InterruptedTooOftenError

log = logging.getLogger(__name__)

#: Rows that are claimed ahead of the threads, so that none waits for the next look. No more are
#: claimed before half of them are gone: to claim many at once costs little more than to claim one.
AHEAD = 128


class Held:
    """A row of ours and since when it is carried out (None: it waits for a thread)."""

    __slots__ = ("began", "row")

    def __init__(self, row: Claimed) -> None:
        self.row = row
        self.began: float | None = None


class QueueWork:
    """One queue in this process: the rows that we hold, and the threads that carry them out."""

    def __init__(self, worker: Worker, queue: DueQueue, settling: Settling) -> None:
        self.queue = queue
        self.held: dict[int, Held] = {}
        self.is_full = False
        self.rests_until = 0.0
        self._app = worker.app
        self._holder = worker.name
        self._settling = settling
        self._pool = Pool(f"queue-{queue.name}", queue.threads)

    def look(self, at: datetime, *, also_lapsed: bool) -> bool:
        """Claim what is due and hand it to the threads; return whether more may be due."""
        room = self.queue.threads + AHEAD - len(self.held)
        self.is_full = room <= AHEAD // 2
        if self.is_full or not self._has_due(at):
            return False
        rows = due_rows.claim(
            self.queue, at=at, limit=room, holder=self._holder, also_lapsed=also_lapsed
        )
        rows = [row for row in rows if row.id not in self.held]
        tasks = dict(self.queue.load(rows, at)) if rows else {}
        idle = [row.id for row in rows if row.id not in tasks]
        due_rows.forget(self.queue, idle, holder=self._holder)
        db.session.commit()
        for row in rows:
            if row.id in tasks:
                self._begin(row, tasks[row.id])
        return len(rows) >= room

    def keep(self, at: datetime) -> None:
        """Stay in charge of what is in work, but of nothing that has taken too long."""
        now = monotonic()
        for row_id, held in list(self.held.items()):
            if held.began is not None and now - held.began > self.queue.most_seconds:
                log.error("queue %s: row %s has taken too long", self.queue.name, row_id)
                self.drop(held)
                self._pool.replace_one()
        ids = list(self.held)
        if not ids:
            return
        ours = due_rows.keep(self.queue, ids, at=at, holder=self._holder)
        db.session.commit()
        for row_id in ids:
            if row_id not in ours:
                self.held.pop(row_id, None)

    def drop(self, held: Held) -> bool:
        """Hold a row no longer; return whether we did."""
        if self.held.get(held.row.id) is not held:
            return False
        del self.held[held.row.id]
        return True

    def set_back(self, at: datetime) -> None:
        """Let nothing wait for what was ahead before the clock was put back."""
        due_rows.set_back(self.queue, at=at)
        db.session.commit()

    def close(self, *, until: float) -> None:
        """Begin nothing more, and wait for what is in work until a monotonic moment."""
        self._pool.close(until=until)

    def give_back(self) -> None:
        """Put down what was claimed and never begun."""
        rows = [held.row for held in self.held.values() if held.began is None]
        due_rows.put_down(self.queue, rows, holder=self._holder)
        db.session.commit()

    def _has_due(self, at: datetime) -> bool:
        with reading():
            has_due = due_rows.has_due(self.queue, at=at)
            db.session.rollback()
        return has_due

    def _begin(self, row: Claimed, task: object) -> None:
        held = self.held[row.id] = Held(row)
        if row.was_interrupted and row.starts >= due_rows.MOST_ATTEMPTS:
            error = InterruptedTooOftenError(row.starts)
            self._hand_over(held, Done(row, task, error=error))
        else:
            self._pool.submit(partial(self._carry_out, held, task))

    def _carry_out(self, held: Held, task: object) -> None:
        """Do one piece of work on a thread of the pool, and hand what came of it to the writer."""
        held.began = monotonic()
        if self.held.get(held.row.id) is not held:
            return
        with self._app.app_context():
            try:
                done = Done(held.row, task, result=self.queue.carry_out(task))
            except Exception as error:  # whatever broke, the row's queue is told of it
                log.exception("queue %s: row %s failed", self.queue.name, held.row.id)
                done = Done(held.row, task, error=error)
            finally:
                _end_transaction()
        self._hand_over(held, done)

    def _hand_over(self, held: Held, done: Done) -> None:
        self._settling.put(self.queue, partial(self.drop, held), done)


def _end_transaction() -> None:
    """Leave nothing open that the work began; most work has no session, and needs none made."""
    if db.session.registry.has():
        db.session.rollback()
