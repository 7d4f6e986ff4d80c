"""Our own backup: an archive of the database, made on line every few minutes, thinned by its age.

What lies in the folder is made, listed and proven by `services.archives`; here it becomes a job
among the others, with the same records and the same alerts.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.models import (
    BackupJob,
    BackupKind,
    BackupRun,
    SeenBy,
    Verification,
    VerificationLevel,
)
from itops.remote.backups.faults import CannotLook
from itops.services.archives import keeping, making

#: So much longer than the minutes between two copies one may take: amber, and twice that: red.
GRACE_MINUTES = 5
#: Each day one copy is restored for a test; a test is good for two.
TEST_EVERY, TEST_DAYS = timedelta(days=1), 2
#: Of copies that are gone, only those that were restored stay in the records for longer.
RUNS_FOR = timedelta(days=2)
#: After each megabyte; ten seconds of a gigabyte's copy.
REST_SECONDS = 0.01


@dataclass(frozen=True)
class Task:
    """A copy that is due: under which settings, into which file, and of which moment."""

    settings: Settings
    target: Path
    at: datetime


@dataclass(frozen=True)
class Made:
    """A copy that was made, whether it lies apart from the data, and why not, if that failed."""

    file: Path
    second_failed: CannotLook | None = None
    is_apart: bool = False


def ensure(settings: Settings, *, at: datetime) -> None:
    """Have the job of our own backup, as often as the settings say."""
    wanted = select(BackupJob).where(BackupJob.kind == BackupKind.ITOPS)
    job = db.session.scalars(wanted.limit(1)).first()
    if job is None:
        job = BackupJob(
            name="itops 自身",
            name_en="itops itself",
            kind=BackupKind.ITOPS,
            seen_by=SeenBy.LOCAL,
            every_minutes=settings.backup_minutes,
            restore_test_days=TEST_DAYS,
            due_at=at,
            created_at=at,
            updated_at=at,
        )
        db.session.add(job)
    job.every_minutes = settings.backup_minutes
    job.rpo_minutes = settings.backup_minutes + GRACE_MINUTES
    job.grace_minutes, job.restore_test_days = GRACE_MINUTES, TEST_DAYS
    db.session.flush()


def every(job: BackupJob) -> timedelta:
    """Return how often a copy is made."""
    return timedelta(minutes=job.every_minutes)


def task(settings: Settings, *, at: datetime) -> Task:
    """Return the copy that is due now."""
    return Task(settings, keeping.folder(settings) / keeping.name(at), at)


def make(wanted: Task) -> Made:
    """Make a copy, whole or not at all, remove those that are too many, and give it away, too."""
    making.make(wanted.settings, wanted.target, at=wanted.at, tell=_rest)
    keeping.thin_out(wanted.target.parent, at=wanted.at)
    return give_away(wanted.settings, wanted.target, at=wanted.at)


def give_away(settings: Settings, made: Path, *, at: datetime) -> Made:
    """Put a copy into the second place, if there is one; of a database elsewhere it lies apart."""
    second, is_elsewhere = settings.backup_second_dir, keeping.is_database_elsewhere(settings)
    if second is None:
        return Made(made, is_apart=is_elsewhere)
    try:
        keeping.copy_to(second, made, at=at)
    except CannotLook as fault:
        return Made(made, fault, is_apart=is_elsewhere)
    return Made(made, is_apart=is_elsewhere or keeping.is_on_another_file_system(second, settings))


def _rest(step: str, _done: int, _total: int) -> None:
    """Leave memory and disk to the others for about as long as a block took to pack."""
    if step == "pack":
        time.sleep(REST_SECONDS)


def forget_old(job: BackupJob, *, at: datetime) -> None:
    """Drop the records of copies that are gone by now and were well, but for those restored.

    A copy every few minutes would write fifty thousand of them a year.
    """
    level = Verification.level
    restored = select(Verification.run_id).where(
        Verification.job_id == job.id,
        level == VerificationLevel.RESTORE_TEST,
        Verification.run_id.is_not(None),
    )
    old = (BackupRun.job_id == job.id) & (BackupRun.seen_at < at - RUNS_FOR)
    gone = select(BackupRun.id).where(old, BackupRun.id.not_in(restored))
    db.session.execute(
        delete(Verification)
        .where(
            Verification.run_id.in_(gone),
            level == VerificationLevel.INTEGRITY,
            Verification.state == State.OK,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(BackupRun).where(BackupRun.id.in_(gone)).execution_options(synchronize_session=False)
    )
