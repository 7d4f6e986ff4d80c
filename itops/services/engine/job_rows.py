"""Long jobs: work done once, with its progress in its row, gone on with after a crash.

A job's function is called with the job and `progress`. Each call of `progress(done, total)` commits
what was done so far together with the count, and keeps the lease; so a function that starts at
`job.done` goes on where a killed worker stopped, and nothing is done twice.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select, true, update

from itops.db import db
from itops.errors import Message
from itops.models import Job, JobState
from itops.services.leases import LEASE, LeaseLost

#: Starts without any progress after which a job is given up.
MOST_ATTEMPTS = 3
AGAIN_AFTER = timedelta(seconds=30)
#: What no longer stands in the row of a job that is over.
ENDED = {"lease_until_at": None, "held_by": None, "step": None, "open_key": None}


class Progress(Protocol):
    """Commits what was done so far, with the count and, if given, what is done now in words."""

    def __call__(
        self, done: int, total: int | None = None, step: Message | None = None
    ) -> None: ...


Function = Callable[[Job, Progress], Message | None]


class Lane(StrEnum):
    """Jobs of a lane wait only for each other: a restore test of hours holds up no export."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True)
class JobKind:
    """What does a job, in which lane, and for how long it may say nothing before it is hung."""

    work: Function
    lane: Lane = Lane.SHORT
    most_silent: timedelta = timedelta(minutes=15)


Kinds = Mapping[str, JobKind]


def next_waiting(names: Collection[str], *, at: datetime, also_lapsed: bool = True) -> int | None:
    """Return the oldest job that nobody works on, of the kinds that are named."""
    return db.session.scalar(
        select(Job.id)
        .where(Job.kind.in_(names), _is_free(at))
        .where(true() if also_lapsed else Job.state == JobState.WAITING)
        .order_by(Job.id)
        .limit(1)
    )


def claim(job_id: int, *, at: datetime, holder: str) -> Job | None:
    """Take the job, unless somebody else just did; one that keeps failing is given up.

    The job that is returned stands by itself: changing it changes no row.
    """
    spent = {"state": JobState.FAILED, "finished_at": at, "outcome": _gave_up(), **ENDED}
    if _change(Job.id == job_id, _is_free(at), Job.attempts >= MOST_ATTEMPTS, **spent):
        return None
    taken = {
        "state": JobState.RUNNING,
        "lease_until_at": at + LEASE,
        "held_by": holder,
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


def keep(
    job: Job, done: int, total: int | None = None, step: Message | None = None, *, at: datetime
) -> None:
    """Write the progress and stay in charge. Raise LeaseLost if somebody else has the job."""
    known_total = job.total if total is None else total
    attempts = 1 if done > job.done else job.attempts
    said = step.as_json() if step else job.step
    _own(
        job,
        done=done,
        total=known_total,
        step=said,
        attempts=attempts,
        lease_until_at=at + LEASE,
    )
    job.done, job.total, job.step, job.attempts = done, known_total, said, attempts


def beat(job: Job, *, at: datetime) -> None:
    """Stay in charge of a job that takes long over one piece. Raise LeaseLost if we are not."""
    _own(job, lease_until_at=at + LEASE)


def finish(job: Job, outcome: Message | None, *, at: datetime) -> None:
    """Write down that the job is done, with what there is to say."""
    said = outcome.as_json() if outcome else None
    _end(job, state=JobState.DONE, finished_at=at, outcome=said)


def refuse(job: Job, why: Message, *, at: datetime) -> None:
    """Write down that the job can't be done, and why."""
    _end(job, state=JobState.FAILED, finished_at=at, outcome=why.as_json())


def leave(job: Job) -> None:
    """Put the job down half-way, for whoever comes next."""
    attempts = max(job.attempts - 1, 0)
    _own(job, state=JobState.WAITING, attempts=attempts, lease_until_at=None, held_by=None)


def retry_later(job: Job, *, at: datetime) -> None:
    """Something went wrong on our side: the job is tried again in a while."""
    _own(job, lease_until_at=at + AGAIN_AFTER, held_by=None)


def free_all(*, at: datetime) -> None:
    """Let every lease end now: no other worker can be alive (an embedded database at start)."""
    lapsed = {"lease_until_at": at - timedelta(seconds=1)}
    _change(Job.state == JobState.RUNNING, Job.lease_until_at >= at, **lapsed)


def set_back(*, at: datetime) -> None:
    """Let no lease end at a moment far ahead, now that the clock was put back."""
    _change(Job.lease_until_at > at + LEASE, lease_until_at=at + LEASE)


def counts() -> dict[str, int]:
    """Return how many jobs there are in each state."""
    rows = db.session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
    return {state.value: 0 for state in JobState} | {state.value: n for state, n in rows}


def _gave_up() -> dict[str, Any]:
    return Message("job.gave_up", {"n": MOST_ATTEMPTS}).as_json()


def _end(job: Job, **values: Any) -> None:
    _own(job, **ENDED, **values)


def _own(job: Job, **values: Any) -> None:
    if not _change(Job.id == job.id, Job.held_by == job.held_by, **values):
        raise LeaseLost(job.id)


def _change(*where: ColumnElement[bool], **values: Any) -> bool:
    changed = db.session.connection().execute(update(Job).where(*where).values(**values))
    return bool(changed.rowcount == 1)


def _is_free(at: datetime) -> ColumnElement[bool]:
    lapsed = and_(Job.state == JobState.RUNNING, Job.lease_until_at < at)
    return or_(Job.state == JobState.WAITING, lapsed)
