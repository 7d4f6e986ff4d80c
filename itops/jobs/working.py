"""The threads of a worker: one looks after the queues, others do duties and long jobs."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Flask

from itops.clock import monotonic
from itops.db import db
from itops.jobs.long_work import do_long_job, kinds_of
from itops.jobs.looking import AFTER_FAILURE_SECONDS, GRACE_SECONDS, LOOK_SECONDS, Looking
from itops.jobs.rounds import do_duty
from itops.jobs.worker import Worker
from itops.services.background.queues import QUEUES
from itops.services.engine import due_rows, duty_rows, job_rows, waking
from itops.services.engine.job_rows import Lane

log = logging.getLogger(__name__)

#: Threads for duties: one that takes minutes holds up no other.
DUTY_THREADS = 2
#: Long jobs at the same time, in each lane.
LANES = {Lane.SHORT: 2, Lane.LONG: 2}
#: The queues and the other threads may each take the time of grace.
ENDING_SECONDS = 2 * GRACE_SECONDS


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Do what is due until `stop` is set; what is in work then has a few seconds to end."""
    worker = Worker(app, stop)
    take_over(worker)
    acts: list[tuple[str, Callable[[Worker], bool]]] = [("duties", do_duty)] * DUTY_THREADS
    for lane, count in LANES.items():
        acts += [(f"{lane}-jobs", partial(do_long_job, names=kinds_of(lane)))] * count
    threads = [
        threading.Thread(target=loop, args=(worker, act), name=name, daemon=True)
        for name, act in acts
    ]
    threads += listeners(worker)
    for thread in threads:
        thread.start()
    Looking(worker, QUEUES.values()).run()
    until = monotonic() + GRACE_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))


def take_over(worker: Worker) -> None:
    """End the leases of a worker that was killed, where there can't be another: on SQLite.

    The data folder is locked by this process, so its work is begun again at once.
    """
    with worker.app.app_context():
        if db.engine.dialect.name != "sqlite":
            return
        for queue in QUEUES.values():
            due_rows.free_all(queue, at=worker.now())
        duty_rows.free_all(at=worker.now())
        job_rows.free_all(at=worker.now())
        db.session.commit()


def listeners(worker: Worker) -> list[threading.Thread]:
    """Return the thread that hears what becomes due elsewhere, where the database tells."""
    with worker.app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":
        return []
    return [
        threading.Thread(
            target=waking.listen, args=(engine, worker.stop), name="listening", daemon=True
        )
    ]


@dataclass(frozen=True)
class Background:
    """The background work of this process."""

    stop: threading.Event
    thread: threading.Thread

    def end(self) -> None:
        """Begin nothing more; wait until what is in work has ended and the rest is given back."""
        self.stop.set()
        self.thread.join(ENDING_SECONDS)


def start_background(app: Flask) -> Background:
    """Run the background work on threads of this process."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, stop), name="background", daemon=True)
    thread.start()
    return Background(stop, thread)


def loop(worker: Worker, act: Callable[[Worker], bool]) -> None:
    """Act again and again, with a rest when nothing is due; survive what it raises."""
    sleeper = threading.Event()
    with waking.woken(sleeper):
        while not worker.stop.is_set():
            sleeper.clear()
            rest = AFTER_FAILURE_SECONDS
            try:
                with worker.app.app_context():
                    rest = 0.0 if act(worker) else LOOK_SECONDS
            except Exception:  # a failure of one piece of work must not end all others
                log.exception("background work failed")
            sleeper.wait(rest)
