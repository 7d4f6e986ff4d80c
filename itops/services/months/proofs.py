"""Modules with and without a proven backup: one that was restored, within the days it allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select

from itops.checks.base import State
from itops.db import db
from itops.models import BackupJob, SystemModule, Verification, VerificationLevel
from itops.services.months.period import Look


class Proof(StrEnum):
    PROVEN = "proven"
    #: There is a backup, but nobody restored it lately.
    UNPROVEN = "unproven"
    NO_BACKUP = "no_backup"


@dataclass(frozen=True)
class ModuleProof:
    """What is known of a module's backups at the month's end; `tested_at` is the oldest test."""

    module: SystemModule
    proof: Proof
    tested_at: datetime | None


def proofs(look: Look) -> list[ModuleProof]:
    """Return what each module's backups were worth at the end of the month. Three queries.

    A module with several jobs is proven if each of them is: half a system restores to nothing.
    """
    modules = db.session.scalars(
        select(SystemModule)
        .where(look.within(SystemModule), SystemModule.is_in_use, _was_there(look))
        .order_by(SystemModule.code, SystemModule.id)
    ).all()
    jobs = _jobs([module.id for module in modules])
    tested = _tested([job.id for job_list in jobs.values() for job in job_list], look)
    return [_proof(module, jobs.get(module.id, []), tested, look) for module in modules]


def _proof(
    module: SystemModule,
    jobs: Sequence[BackupJob],
    tested: dict[int, datetime],
    look: Look,
) -> ModuleProof:
    if not jobs:
        return ModuleProof(module, Proof.NO_BACKUP, None)
    moments = [tested.get(job.id) for job in jobs]
    known = [at for at in moments if at is not None]
    good = [
        at is not None and at >= look.until - timedelta(days=job.restore_test_days)
        for job, at in zip(jobs, moments, strict=True)
    ]
    return ModuleProof(
        module, Proof.PROVEN if all(good) else Proof.UNPROVEN, min(known, default=None)
    )


def _was_there(look: Look) -> ColumnElement[bool]:
    return SystemModule.created_at < look.end


def _jobs(module_ids: Sequence[int]) -> dict[int, list[BackupJob]]:
    found: dict[int, list[BackupJob]] = {}
    statement = select(BackupJob).where(
        BackupJob.module_id.in_(module_ids), BackupJob.is_enabled.is_(True)
    )
    for job in db.session.scalars(statement):
        if job.module_id is not None:
            found.setdefault(job.module_id, []).append(job)
    return found


def _tested(job_ids: Sequence[int], look: Look) -> dict[int, datetime]:
    """Return when each job was last restored and was good, as of the month's end."""
    rows = db.session.execute(
        select(Verification.job_id, func.max(Verification.at))
        .where(
            Verification.job_id.in_(job_ids),
            Verification.level == VerificationLevel.RESTORE_TEST,
            Verification.state == State.OK,
            Verification.at <= look.until,
        )
        .group_by(Verification.job_id)
    )
    return {row[0]: row[1] for row in rows}
