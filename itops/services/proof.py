"""The one rule of proof: each backup was restored lately and was good, and it still runs well.

Month, Today, the list of backups and the module's own state all ask here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from itops.checks.backups import freshness
from itops.checks.backups.freshness import Rhythm, Seen
from itops.checks.base import State
from itops.db import db
from itops.models import BackupJob, BackupRun, RunState, Verification, VerificationLevel

#: What was found of the copy itself, besides its age, which is worked out from the newest run.
OF_THE_COPY = (VerificationLevel.SIZE, VerificationLevel.INTEGRITY)


class Proof(StrEnum):
    PROVEN = "proven"
    #: There is a backup, but nobody restored it lately, or the last restore test was not good.
    UNPROVEN = "unproven"
    #: It was restored in time, but the newest copy is too old, failed, or is not whole.
    NOT_FRESH = "not_fresh"
    NO_BACKUP = "no_backup"


@dataclass(frozen=True)
class Proven:
    """What a module's backups are worth; `tested_at` is the oldest of their last tests."""

    proof: Proof
    tested_at: datetime | None = None


def of_modules(module_ids: Collection[int], *, at: datetime) -> dict[int, Proven]:
    """Return what the backups of each module were worth at a moment. Four queries.

    A module with several jobs is proven if each of them is: half a system restores to nothing.
    What was restored once would not come back from a copy that is critical.
    """
    wanted = select(BackupJob).where(BackupJob.module_id.in_(module_ids), BackupJob.is_enabled)
    jobs: dict[int, list[BackupJob]] = {key: [] for key in module_ids}
    for job in db.session.scalars(wanted.order_by(BackupJob.id)):
        jobs[job.module_id or 0].append(job)
    keys = [job.id for of_one in jobs.values() for job in of_one]
    tests = {test.job_id: test for test in newest_tests(keys, until=at)}
    ill = _ill([job for of_one in jobs.values() for job in of_one], at=at)
    return {key: _of(of_one, tests, ill, at=at) for key, of_one in jobs.items()}


def newest_tests(
    job_ids: Collection[int], *, until: datetime | None = None
) -> Sequence[Verification]:
    """Return the newest restore test of each job that has one, as of a moment. One query."""
    return _newest(job_ids, (VerificationLevel.RESTORE_TEST,), until=until)


def is_recent(job: BackupJob, test: Verification, *, at: datetime) -> bool:
    """Whether a restore test is within the days that its job allows."""
    return at - test.at <= timedelta(days=job.restore_test_days)


def _ended(job_ids: Collection[int], *, until: datetime) -> dict[int, BackupRun]:
    """Return the newest run of each job that had ended at a moment. One query."""
    newest = select(func.max(BackupRun.id)).where(
        BackupRun.job_id.in_(job_ids),
        BackupRun.state != RunState.STARTED,
        BackupRun.seen_at <= until,
    )
    wanted = select(BackupRun).where(BackupRun.id.in_(newest.group_by(BackupRun.job_id)))
    return {run.job_id: run for run in db.session.scalars(wanted)}


def rhythm(job: BackupJob) -> Rhythm:
    """Return how often the job runs and how late it may be."""
    rpo = timedelta(minutes=job.rpo_minutes) if job.rpo_minutes else None
    return Rhythm(timedelta(minutes=job.every_minutes), timedelta(minutes=job.grace_minutes), rpo)


def seen(run: BackupRun | None) -> Seen | None:
    """Return of a run what its age is judged by."""
    if run is None or run.finished_at is None:
        return None
    return Seen(run.finished_at, run.state is RunState.FAILED, run.same_as_at)


def _newest(
    job_ids: Collection[int], levels: Collection[VerificationLevel], *, until: datetime | None
) -> Sequence[Verification]:
    newest = select(func.max(Verification.id)).where(
        Verification.job_id.in_(job_ids), Verification.level.in_(levels)
    )
    if until is not None:
        newest = newest.where(Verification.at <= until)
    wanted = Verification.id.in_(newest.group_by(Verification.job_id, Verification.level))
    return db.session.scalars(select(Verification).where(wanted)).all()


def _ill(jobs: Sequence[BackupJob], *, at: datetime) -> set[int]:
    """Return the jobs whose newest copy was critical at a moment. Two queries."""
    keys = [job.id for job in jobs]
    ended = _ended(keys, until=at)
    ages = {job.id: freshness.evaluate(seen(ended.get(job.id)), rhythm(job), at=at) for job in jobs}
    late = {key for key, found in ages.items() if found.state is State.CRITICAL}
    records = _newest(keys, OF_THE_COPY, until=at)
    return late | {one.job_id for one in records if one.state is State.CRITICAL}


def _of(
    jobs: Sequence[BackupJob], tests: dict[int, Verification], ill: set[int], *, at: datetime
) -> Proven:
    if not jobs:
        return Proven(Proof.NO_BACKUP)
    found = [(job, tests[job.id]) for job in jobs if job.id in tests]
    oldest = min((test.at for _job, test in found), default=None)
    good = [job for job, test in found if test.state is State.OK and is_recent(job, test, at=at)]
    if len(good) < len(jobs):
        return Proven(Proof.UNPROVEN, oldest)
    is_ill = any(job.id in ill for job in jobs)
    return Proven(Proof.NOT_FRESH if is_ill else Proof.PROVEN, oldest)
