"""The engine of due rows at work: 5,000 rows a minute, all of them at once, and one asked for."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import Table, bindparam, func, insert, select, update

from itops import create_app
from itops.clock import monotonic, utcnow
from itops.config import Settings
from itops.db import db, reading
from itops.jobs.looking import Looking
from itops.jobs.worker import Worker
from itops.services.engine import due_rows, waking
from itops.services.engine.due_rows import Done, DueQueue
from itops.services.upgrading import upgrade
from tests.jobs.chores import Apart, Chore

ROWS = 5_000
EVERY = timedelta(minutes=1)
THREADS = 16
CHORE: Table = Chore.metadata.tables["chore"]


@dataclass
class Minute:
    """A while of steady work: the lag in seconds as sampled, and what it cost."""

    lags: list[float]
    done: int
    cpu_seconds: float

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_seconds / max(1, self.done)


class Bench:
    """Chores on a database of their own, worked on by one engine in this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.done = 0
        self.began = threading.Event()
        self.queue = DueQueue(
            name="chores",
            model=Chore,
            load=lambda rows, at: {row.id: row.id for row in rows},
            carry_out=self._carry_out,
            settle=self._settle,
            threads=THREADS,
        )

    def _carry_out(self, task: int) -> float:
        self.began.set()
        return task * 0.5

    def _settle(self, done: Sequence[Done], _at: datetime) -> None:
        rows = [
            {"row": each.row.id, "next": each.row.due_at + EVERY, "told": str(each.result)}
            for each in done
        ]
        change = update(CHORE).where(CHORE.c.id == bindparam("row"))
        values = {"due_at": bindparam("next"), "note": bindparam("told"), "done": CHORE.c.done + 1}
        db.session.connection().execute(change.values(**values), rows)
        self.done += len(done)

    @contextmanager
    def working(self) -> Iterator[None]:
        worker = Worker(self.app)
        thread = threading.Thread(target=Looking(worker, [self.queue]).run)
        thread.start()
        try:
            yield
        finally:
            worker.stop.set()
            waking.ring()
            thread.join()

    def fill(self, count: int, *, over: timedelta) -> None:
        """Make so many rows, due one after the other from now on."""
        with self.app.app_context():
            connection = db.session.connection()
            Apart.metadata.drop_all(connection)
            Apart.metadata.create_all(connection)
            now = utcnow()
            rows = [
                {"due_at": now + n * over / count, "starts": 0, "done": 0, "note": ""}
                for n in range(count)
            ]
            connection.execute(insert(CHORE), rows)
            db.session.commit()
        self.done = 0

    def lag(self) -> float:
        with self.app.app_context(), reading():
            return due_rows.standing(self.queue, at=utcnow()).lag_seconds

    def steady(self, seconds: float) -> Minute:
        """Work for a while on rows that are due each minute, evenly spread."""
        self.fill(ROWS, over=EVERY)
        lags = []
        with self.working():
            began, cpu = monotonic(), time.process_time()
            while monotonic() - began < seconds:
                time.sleep(0.5)
                lags.append(self.lag())
            return Minute(lags, self.done, time.process_time() - cpu)

    def burst(self) -> float:
        """Return how many rows a second are done when all are due at the same moment."""
        self.fill(ROWS, over=timedelta(0))
        began = monotonic()
        with self.working():
            while self.done < ROWS:
                time.sleep(0.01)
            took = monotonic() - began
        with self.app.app_context(), reading():
            most = db.session.scalar(select(func.max(Chore.done)))
            assert most == 1, "a row was done twice"
        return ROWS / took

    def asked(self, times: int) -> float:
        """Return the median of seconds from asking for one row until it is begun."""
        self.fill(1, over=timedelta(days=1))
        waits = []
        with self.working(), self.app.app_context():
            for _ in range(times):
                time.sleep(0.3)
                self.began.clear()
                db.session.execute(update(Chore).values(due_at=utcnow()))
                waking.wake()
                db.session.commit()
                at = monotonic()
                assert self.began.wait(10)
                waits.append(monotonic() - at)
        return median(waits)


def bench(folder: Path, database_url: str = "") -> Bench:
    """Return a bench on a fresh database."""
    app = create_app(Settings(data_dir=folder, database_url=database_url))
    with app.app_context():
        upgrade(db.engine)
    return Bench(app)
