"""The list of backups, worst first, and the modules that have none that was proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import BackupJob, BackupRun, SystemModule, Verification
from itops.services.backups.judging import RESTORE_TEST

MOST = 400
GOOD = (State.OK, State.WARNING)


@dataclass(frozen=True)
class Line:
    """A job, its newest run, and its newest restore test."""

    job: BackupJob
    run: BackupRun | None
    test: Verification | None


def lines(
    within: ColumnElement[bool], *, state: State | None = None, module_id: int | None = None
) -> list[Line]:
    """Return the jobs within reach, worst first. Three queries, however many."""
    wanted = select(BackupJob).where(within).options(joinedload(BackupJob.module))
    if state is not None:
        wanted = wanted.where(BackupJob.state == state, BackupJob.is_enabled)
    if module_id is not None:
        wanted = wanted.where(BackupJob.module_id == module_id)
    jobs = list(db.session.scalars(wanted.order_by(BackupJob.id).limit(MOST)).unique())
    keys = [job.id for job in jobs]
    newest_runs = select(func.max(BackupRun.id)).where(BackupRun.job_id.in_(keys))
    newest_runs = newest_runs.group_by(BackupRun.job_id)
    known = {
        run.job_id: run
        for run in db.session.scalars(select(BackupRun).where(BackupRun.id.in_(newest_runs)))
    }
    tests = {test.job_id: test for test in newest_tests(keys)}
    made = [Line(job, known.get(job.id), tests.get(job.id)) for job in jobs]
    return sorted(made, key=lambda line: _urgency(line.job))


def newest_tests(job_ids: Sequence[int]) -> Sequence[Verification]:
    """Return the newest restore test of each job that has one."""
    newest = (
        select(func.max(Verification.id))
        .where(Verification.job_id.in_(job_ids), Verification.level == RESTORE_TEST)
        .group_by(Verification.job_id)
    )
    return db.session.scalars(select(Verification).where(Verification.id.in_(newest))).all()


def unproven(within: ColumnElement[bool], *, at: datetime) -> list[SystemModule]:
    """Return the modules in use, within reach, of which no backup was restored in time."""
    jobs = select(BackupJob).where(BackupJob.module_id.is_not(None), BackupJob.is_enabled)
    known = {job.id: job for job in db.session.scalars(jobs)}
    proven = {
        known[test.job_id].module_id
        for test in newest_tests(list(known))
        if test.state is State.OK and (at - test.at).days <= known[test.job_id].restore_test_days
    }
    modules = select(SystemModule).where(within, SystemModule.is_in_use)
    found = db.session.scalars(modules.order_by(SystemModule.code, SystemModule.id))
    return [module for module in found if module.id not in proven]


def _urgency(job: BackupJob) -> tuple[bool, int, int]:
    return not job.is_enabled, BOARD_ORDER.index(job.state), job.backup_class
