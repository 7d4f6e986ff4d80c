"""The threads of the background: one that works through the queues, others for duties and jobs."""

import logging
import threading
from collections.abc import Callable

from flask import Flask

from itops.jobs.long_work import do_long_job
from itops.jobs.looking import AFTER_FAILURE_SECONDS, LOOK_SECONDS, Looking
from itops.jobs.rounds import do_duty
from itops.services.engine import waking
from itops.services.queues import QUEUES

log = logging.getLogger(__name__)


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Do what is due until `stop` is set."""
    loops = [
        threading.Thread(target=_loop, args=(app, stop, work), name=name)
        for name, work in (("duties", do_duty), ("long-jobs", do_long_job))
    ]
    for loop in loops:
        loop.start()
    Looking(app, QUEUES.values()).run(stop)
    for loop in loops:
        loop.join()


def start_background(app: Flask) -> threading.Event:
    """Run the background work on threads of this process; return what stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, stop), name="background", daemon=True)
    thread.start()
    return stop


def _loop(app: Flask, stop: threading.Event, work: Callable[[threading.Event], bool]) -> None:
    """Call `work` again and again, with a rest when nothing is due; survive what it raises."""
    sleeper = threading.Event()
    with waking.woken(sleeper):
        while not stop.is_set():
            sleeper.clear()
            rest = AFTER_FAILURE_SECONDS
            try:
                with app.app_context():
                    rest = 0.0 if work(stop) else LOOK_SECONDS
            except Exception:  # a failure of one piece of work must not end all others
                log.exception("background work failed")
            sleeper.wait(rest)
