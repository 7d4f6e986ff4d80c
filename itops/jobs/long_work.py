"""Long jobs: each is done once, with its progress in its row."""

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from itops.db import db, reading
from itops.errors import ItopsError, Message
from itops.jobs.worker import Pulse, Worker
from itops.models import Job
from itops.services.background.long_jobs import KINDS
from itops.services.engine import job_rows
from itops.services.engine.job_rows import JobKind, Kinds, Lane
from itops.services.leases import LeaseLost


class Stopped(Exception):
    """The worker was told to stop; what it was doing is put down for the next one."""


def kinds_of(lane: Lane, kinds: Kinds = KINDS) -> list[str]:
    """Return the names of the kinds that run in a lane."""
    return [name for name, kind in kinds.items() if kind.lane is lane]


def do_long_job(worker: Worker, kinds: Kinds = KINDS, names: Collection[str] | None = None) -> bool:
    """Do the oldest job that waits, of the kinds that are named; return whether there was one."""
    wanted = kinds.keys() if names is None else names
    with reading():
        job_id = job_rows.next_waiting(wanted, at=worker.now(), also_lapsed=worker.takes_over)
        db.session.rollback()
    if job_id is None:
        return False
    job = job_rows.claim(job_id, at=worker.now(), holder=worker.new_claim())
    db.session.commit()
    if job:
        kind = kinds[job.kind]
        seconds = kind.most_silent.total_seconds()
        with (
            suppress(LeaseLost),
            worker.keeping(lambda at: job_rows.beat(job, at=at), most_silent=seconds) as pulse,
        ):
            _work_on(worker, job, kind, pulse)
    db.session.rollback()
    return True


def _work_on(worker: Worker, job: Job, kind: JobKind, pulse: Pulse) -> None:
    """Call a job's function and write down how it ended."""

    def progress(done: int, total: int | None = None, step: Message | None = None) -> None:
        job_rows.keep(job, done, total, step, at=worker.now())
        db.session.commit()
        pulse.hear()
        if worker.stop.is_set():
            raise Stopped

    try:
        outcome = kind.work(job, progress)
        job_rows.finish(job, outcome, at=worker.now())
    except LeaseLost:
        raise
    except (Stopped, ItopsError) as reason:
        db.session.rollback()
        _put_down(worker, job, reason)
    except Exception:
        db.session.rollback()
        with suppress(LeaseLost, SQLAlchemyError):
            job_rows.retry_later(job, at=worker.now())
            db.session.commit()
        raise
    db.session.commit()


def _put_down(worker: Worker, job: Job, reason: Stopped | ItopsError) -> None:
    if isinstance(reason, ItopsError):
        job_rows.refuse(job, reason.message, at=worker.now())
    else:
        job_rows.leave(job)
