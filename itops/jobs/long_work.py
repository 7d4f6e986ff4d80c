"""Long jobs: each is done once, with its progress in its row."""

import threading
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from itops.clock import utcnow
from itops.db import db, reading
from itops.errors import ItopsError
from itops.models import Job
from itops.services import long_jobs
from itops.services.leases import LeaseLost


class Stopped(Exception):
    """The worker was told to stop; what it was doing is put down for the next one."""


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
