"""What runs in the background: duties as they come round, and long jobs, each on a thread."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from itops.clock import monotonic, utcnow
from itops.config import Settings
from itops.db import db, reading
from itops.errors import ItopsError
from itops.models import Job
from itops.services import duties, long_jobs
from itops.services.leases import LeaseLost

log = logging.getLogger(__name__)

#: How often the rows are looked at while nothing is due, and how long after a failure.
LOOK_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 5.0
#: Between two pieces of a duty the worker rests as long as the last took, at most this long, so
#: that intake and pages get their turn at the database.
LONGEST_REST_SECONDS = 0.2


class Stopped(Exception):
    """The worker was told to stop; what it was doing is put down for the next one."""


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Do what is due until `stop` is set. Long jobs have a thread of their own."""
    beside = threading.Thread(target=_loop, args=(app, stop, do_long_job), name="long-jobs")
    beside.start()
    _loop(app, stop, do_duty)
    beside.join()


def start_background(app: Flask) -> threading.Event:
    """Run the background work on threads of this process; return what stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, stop), name="background", daemon=True)
    thread.start()
    return stop


def _loop(app: Flask, stop: threading.Event, work: Callable[[threading.Event], bool]) -> None:
    """Call `work` again and again, with a rest when nothing is due; survive what it raises."""
    while not stop.is_set():
        rest = AFTER_FAILURE_SECONDS
        try:
            with app.app_context():
                rest = 0.0 if work(stop) else LOOK_SECONDS
        except Exception:  # a failure of one piece of work must not end all others
            log.exception("background work failed")
        stop.wait(rest)


def do_duty(stop: threading.Event, kinds: duties.Kinds = duties.DUTIES) -> bool:
    """Do the duty that has been due for longest; return whether there was one."""
    with reading():
        is_planned = duties.are_planned(kinds)
        name = duties.next_due(kinds, at=utcnow())
    db.session.rollback()
    if not is_planned:
        duties.plan(kinds, at=utcnow())
        db.session.commit()
        return True
    if name is None:
        return False
    claimed = duties.claim(name, at=utcnow())
    db.session.commit()
    if claimed:
        _carry_out(claimed, kinds[name], stop)
    return True


def _carry_out(claimed: duties.Claim, kind: duties.DutyKind, stop: threading.Event) -> None:
    """Do a duty piece by piece, committing each together with the lease that allows it."""
    began = monotonic()
    try:
        with suppress(LeaseLost):
            _pieces(claimed, kind, stop)
            if stop.is_set():
                duties.leave(claimed, at=utcnow())
            else:
                duties.finish(claimed, kind, at=utcnow(), seconds=monotonic() - began)
            db.session.commit()
    except Exception as error:
        db.session.rollback()
        with suppress(LeaseLost, SQLAlchemyError):  # else the lease ends by itself
            duties.fail(claimed, kind, repr(error), at=utcnow())
            db.session.commit()
        raise
    finally:
        db.session.rollback()


def _pieces(claimed: duties.Claim, kind: duties.DutyKind, stop: threading.Event) -> None:
    settings: Settings = current_app.config["ITOPS"]
    began = monotonic()
    for _ in kind.work(utcnow(), settings):
        duties.keep(claimed, at=utcnow())
        db.session.commit()
        if stop.wait(min(monotonic() - began, LONGEST_REST_SECONDS)):
            return
        began = monotonic()


def do_long_job(stop: threading.Event, kinds: long_jobs.Kinds = long_jobs.KINDS) -> bool:
    """Do the oldest job that waits; return whether there was one."""
    with reading():
        job_id = long_jobs.next_waiting(kinds, at=utcnow())
    db.session.rollback()
    if job_id is None:
        return False
    job = long_jobs.claim(job_id, at=utcnow())
    db.session.commit()
    if job:
        with suppress(LeaseLost):
            _work_on(job, kinds[job.kind], stop)
    db.session.rollback()
    return True


def _work_on(job: Job, function: long_jobs.Function, stop: threading.Event) -> None:
    """Call a job's function and write down how it ended."""

    def progress(done: int, total: int | None = None) -> None:
        long_jobs.keep(job, done, total, at=utcnow())
        db.session.commit()
        if stop.is_set():
            raise Stopped

    try:
        outcome = function(job, progress)
        long_jobs.finish(job, outcome, at=utcnow())
    except Stopped:
        db.session.rollback()
        long_jobs.leave(job)
    except ItopsError as refusal:
        db.session.rollback()
        long_jobs.refuse(job, refusal.message, at=utcnow())
    except LeaseLost:
        raise
    except Exception:
        db.session.rollback()
        with suppress(LeaseLost, SQLAlchemyError):
            long_jobs.retry_later(job, at=utcnow())
            db.session.commit()
        raise
    db.session.commit()
