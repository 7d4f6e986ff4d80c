"""Long jobs: work done once, with its progress in its row, gone on with after a crash.

A job's function is called with the job and `progress`. Each call of `progress(done, total)` commits
what was done so far together with the count, and keeps the lease; so a function that starts at
`job.done` goes on where a killed worker stopped, and nothing is done twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from itops.db import db
from itops.errors import Message
from itops.models import Job, JobState
from itops.services.demo import loading
from itops.services.demo.ordering import DEMO_LOAD
from itops.services.leases import LEASE, LeaseLost

Progress = Callable[[int, int | None], None]
Function = Callable[[Job, Progress], Message | None]
Kinds = Mapping[str, Function]


def _load_demo(job: Job, progress: Progress) -> Message | None:
    loading.load_demo(
        progress, done=job.done, by=job.created_by, at=job.started_at or job.created_at
    )
    return None


#: Every kind of long job by its name, and what does it.
KINDS: Kinds = MappingProxyType({DEMO_LOAD: _load_demo})

#: Starts without any progress after which a job is given up.
MOST_ATTEMPTS = 3
AGAIN_AFTER = timedelta(seconds=30)


def order(kind: str, *, by: str, at: datetime, params: Mapping[str, Any] | None = None) -> Job:
    """Ask for a job of a kind. The caller commits; a worker starts it within a second or two."""
    job = Job(kind=kind, params=dict(params or {}), created_at=at, created_by=by)
    db.session.add(job)
    db.session.flush()
    return job


def next_waiting(kinds: Kinds = KINDS, *, at: datetime) -> int | None:
    """Return the oldest job that nobody works on, of a kind that we know."""
    return db.session.scalar(
        select(Job.id).where(Job.kind.in_(kinds), _is_free(at)).order_by(Job.id).limit(1)
    )


def claim(job_id: int, *, at: datetime) -> Job | None:
    """Take the job, unless somebody else just did; one that keeps failing is given up.

    The job that is returned stands by itself: changing it changes no row.
    """
    spent = {"state": JobState.FAILED, "finished_at": at, "outcome": _gave_up()}
    if _change(Job.id == job_id, _is_free(at), Job.attempts >= MOST_ATTEMPTS, **spent):
        return None
    taken = {
        "state": JobState.RUNNING,
        "lease_until_at": at + LEASE,
        "attempts": Job.attempts + 1,
    }
    if not _change(Job.id == job_id, _is_free(at), **taken):
        return None
    _change(Job.id == job_id, Job.started_at.is_(None), started_at=at)
    job = db.session.scalars(
        select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    ).one()
    db.session.expunge(job)
    return job


def keep(job: Job, done: int, total: int | None, *, at: datetime) -> None:
    """Write the progress and stay in charge. Raise LeaseLost if somebody else has the job."""
    until = max(at + LEASE, job.lease_until_at or at)
    known_total = job.total if total is None else total
    attempts = 1 if done > job.done else job.attempts
    _own(job, done=done, total=known_total, attempts=attempts, lease_until_at=until)
    job.done, job.total, job.attempts, job.lease_until_at = done, known_total, attempts, until


def finish(job: Job, outcome: Message | None, *, at: datetime) -> None:
    """Write down that the job is done, with what there is to say."""
    said = outcome.as_json() if outcome else None
    _own(job, state=JobState.DONE, finished_at=at, lease_until_at=None, outcome=said)


def refuse(job: Job, why: Message, *, at: datetime) -> None:
    """Write down that the job can't be done, and why."""
    _own(job, state=JobState.FAILED, finished_at=at, lease_until_at=None, outcome=why.as_json())


def leave(job: Job) -> None:
    """Put the job down half-way, for whoever comes next."""
    _own(job, state=JobState.WAITING, lease_until_at=None, attempts=max(job.attempts - 1, 0))


def retry_later(job: Job, *, at: datetime) -> None:
    """Something went wrong on our side: the job is tried again in a while."""
    _own(job, lease_until_at=at + AGAIN_AFTER)


def counts() -> dict[str, int]:
    """Return how many jobs there are in each state."""
    rows = db.session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
    return {state.value: 0 for state in JobState} | {state.value: n for state, n in rows}


def _gave_up() -> dict[str, Any]:
    return Message("job.gave_up", {"n": MOST_ATTEMPTS}).as_json()


def _own(job: Job, **values: Any) -> None:
    mine = and_(Job.id == job.id, Job.lease_until_at == job.lease_until_at)
    if not _change(mine, **values):
        raise LeaseLost(job.id)


def _change(*where: ColumnElement[bool], **values: Any) -> bool:
    changed = db.session.connection().execute(update(Job).where(*where).values(**values))
    return bool(changed.rowcount == 1)


def _is_free(at: datetime) -> ColumnElement[bool]:
    lapsed = and_(Job.state == JobState.RUNNING, Job.lease_until_at < at)
    return or_(Job.state == JobState.WAITING, lapsed)
