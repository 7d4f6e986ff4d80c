"""The list of backups, worst first, and the modules that have none that was proven."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import BackupJob, BackupRun, SystemModule, Verification
from itops.services import proof
from itops.services.proof import Proof, Proven
from itops.services.search.parts import as_given, has_words, patterns, places

MOST = 400


@dataclass(frozen=True)
class Line:
    """A job, its newest run, and its newest restore test."""

    job: BackupJob
    run: BackupRun | None
    test: Verification | None


def lines(
    within: ColumnElement[bool],
    *,
    state: State | None = None,
    module_id: int | None = None,
    typed: str = "",
) -> list[Line]:
    """Return the jobs within reach, worst first. Three queries, however many."""
    wanted = select(BackupJob).where(within).options(joinedload(BackupJob.module))
    if state is not None:
        wanted = wanted.where(BackupJob.state == state, BackupJob.is_enabled)
    if module_id is not None:
        wanted = wanted.where(BackupJob.module_id == module_id)
    if typed:
        wanted = wanted.where(matching(typed))
    jobs = list(db.session.scalars(wanted.order_by(BackupJob.id).limit(MOST)).unique())
    keys = [job.id for job in jobs]
    known = newest_runs(keys)
    tests = {test.job_id: test for test in proof.newest_tests(keys)}
    made = [Line(job, known.get(job.id), tests.get(job.id)) for job in jobs]
    return sorted(made, key=lambda line: _urgency(line.job))


def matching(typed: str) -> ColumnElement[bool]:
    """Return what is true of the jobs that have these words in their names, or whose module has."""
    return _holds(patterns(typed))


def _holds(words: Sequence[Any]) -> ColumnElement[bool]:
    module = has_words(words, SystemModule.code, SystemModule.name, SystemModule.name_en)
    is_named = has_words(words, BackupJob.name, BackupJob.name_en, BackupJob.place)
    return or_(is_named, BackupJob.module_id.in_(select(SystemModule.id).where(module)))


@lru_cache
def _matching(count: int) -> ColumnElement[bool]:
    return _holds(places(count))


def found(typed: str, *, within: ColumnElement[bool], many: int) -> list[BackupJob]:
    """Return the jobs that a text finds, those that are watched first. One query."""
    words = patterns(typed)
    order = (BackupJob.is_enabled.desc(), BackupJob.name, BackupJob.id)
    wanted = select(BackupJob).where(within, _matching(len(words))).order_by(*order).limit(many)
    return list(db.session.scalars(wanted.options(joinedload(BackupJob.module)), as_given(words)))


def newest_runs(job_ids: Collection[int]) -> dict[int, BackupRun]:
    """Return the newest run of each job that has one. One query."""
    newest = select(func.max(BackupRun.id)).where(BackupRun.job_id.in_(job_ids))
    wanted = select(BackupRun).where(BackupRun.id.in_(newest.group_by(BackupRun.job_id)))
    return {run.job_id: run for run in db.session.scalars(wanted)}


def unproven(within: ColumnElement[bool], *, at: datetime) -> list[SystemModule]:
    """Return the modules in use, within reach, whose backups are not proven. Five queries."""
    return [one for one, of in proofs(within, at=at).items() if of.proof is not Proof.PROVEN]


def proofs(within: ColumnElement[bool], *, at: datetime) -> dict[SystemModule, Proven]:
    """Return what the backups of each module in use are worth. Five queries."""
    wanted = select(SystemModule).where(within, SystemModule.is_in_use)
    modules = db.session.scalars(wanted.order_by(SystemModule.code, SystemModule.id)).all()
    found = proof.of_modules([module.id for module in modules], at=at)
    return {module: found[module.id] for module in modules}


def _urgency(job: BackupJob) -> tuple[bool, int, int]:
    return not job.is_enabled, BOARD_ORDER.index(job.state), job.backup_class
