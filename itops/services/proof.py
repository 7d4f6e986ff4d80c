"""The one rule of proof: each backup of a module was restored, lately, and was good.

Month, Today, the list of backups and the module's own state all ask here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import db
from itops.models import BackupJob, Verification, VerificationLevel


class Proof(StrEnum):
    PROVEN = "proven"
    #: There is a backup, but nobody restored it lately, or the last restore test was not good.
    UNPROVEN = "unproven"
    NO_BACKUP = "no_backup"


@dataclass(frozen=True)
class Proven:
    """What a module's backups are worth; `tested_at` is the oldest of their last tests."""

    proof: Proof
    tested_at: datetime | None = None


def of_modules(module_ids: Collection[int], *, at: datetime) -> dict[int, Proven]:
    """Return what the backups of each module were worth at a moment. Two queries.

    A module with several jobs is proven if each of them is: half a system restores to nothing.
    """
    wanted = select(BackupJob).where(BackupJob.module_id.in_(module_ids), BackupJob.is_enabled)
    jobs: dict[int, list[BackupJob]] = {key: [] for key in module_ids}
    for job in db.session.scalars(wanted.order_by(BackupJob.id)):
        jobs[job.module_id or 0].append(job)
    keys = [job.id for of_one in jobs.values() for job in of_one]
    tests = {test.job_id: test for test in newest_tests(keys, until=at)}
    return {key: _of(of_one, tests, at=at) for key, of_one in jobs.items()}


def newest_tests(
    job_ids: Collection[int], *, until: datetime | None = None
) -> Sequence[Verification]:
    """Return the newest restore test of each job that has one, as of a moment. One query."""
    newest = select(func.max(Verification.id)).where(
        Verification.job_id.in_(job_ids), Verification.level == VerificationLevel.RESTORE_TEST
    )
    if until is not None:
        newest = newest.where(Verification.at <= until)
    wanted = Verification.id.in_(newest.group_by(Verification.job_id))
    return db.session.scalars(select(Verification).where(wanted)).all()


def is_recent(job: BackupJob, test: Verification, *, at: datetime) -> bool:
    """Whether a restore test is within the days that its job allows."""
    return at - test.at <= timedelta(days=job.restore_test_days)


def _of(jobs: Sequence[BackupJob], tests: dict[int, Verification], *, at: datetime) -> Proven:
    if not jobs:
        return Proven(Proof.NO_BACKUP)
    found = [(job, tests[job.id]) for job in jobs if job.id in tests]
    oldest = min((test.at for _job, test in found), default=None)
    good = [job for job, test in found if test.state is State.OK and is_recent(job, test, at=at)]
    return Proven(Proof.PROVEN if len(good) == len(jobs) else Proof.UNPROVEN, oldest)
