"""The threads of a worker: one looks after the queues, others do duties and long jobs."""

import logging
import threading
from collections.abc import Callable
from functools import partial

from flask import Flask

from itops.jobs.long_work import do_long_job, kinds_of
from itops.jobs.looking import AFTER_FAILURE_SECONDS, LOOK_SECONDS, Looking
from itops.jobs.rounds import do_duty
from itops.jobs.worker import Worker
from itops.services.engine import waking
from itops.services.engine.job_rows import Lane
from itops.services.queues import QUEUES

log = logging.getLogger(__name__)

#: Threads for duties: one that takes minutes holds up no other.
DUTY_THREADS = 2
#: Long jobs at the same time, in each lane.
LANES = {Lane.SHORT: 2, Lane.LONG: 2}


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Do what is due until `stop` is set."""
    worker = Worker(app, stop)
    acts: list[tuple[str, Callable[[Worker], bool]]] = [("duties", do_duty)] * DUTY_THREADS
    for lane, count in LANES.items():
        acts += [(f"{lane}-jobs", partial(do_long_job, names=kinds_of(lane)))] * count
    threads = [threading.Thread(target=loop, args=(worker, act), name=name) for name, act in acts]
    for thread in threads:
        thread.start()
    Looking(worker, QUEUES.values()).run()
    for thread in threads:
        thread.join()


def start_background(app: Flask) -> threading.Event:
    """Run the background work on threads of this process; return what stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, stop), name="background", daemon=True)
    thread.start()
    return stop


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
