"""Runs of a backup: as its maker told by a heartbeat, or as a file was found lying there."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.models import BackupJob, BackupRun, RunState

#: So many sizes make a band, and so far back the same content is looked for.
SIZES = 14
SAME_AS = 60


@dataclass(frozen=True)
class Told:
    """What a maker tells: how it ended, how large it is, its digest, the end of its log."""

    state: RunState
    size_bytes: int | None = None
    sha256: str = ""
    words: dict[str, Any] = field(default_factory=dict)


def hear(job: BackupJob, told: Told, *, at: datetime) -> BackupRun:
    """Write down a heartbeat: a start begins a run, anything else ends the one that was begun."""
    run = latest(job)
    if told.state is RunState.STARTED or run is None or run.state is not RunState.STARTED:
        run = BackupRun(job_id=job.id, state=told.state, seen_at=at)
        run.started_at = at if told.state is RunState.STARTED else None
        db.session.add(run)
    run.state, run.seen_at = told.state, at
    run.told = {**(run.told or {}), **told.words}
    if told.sha256:
        run.told = {**run.told, "sha256": told.sha256}
    if told.state is not RunState.STARTED:
        run.finished_at, run.size_bytes = at, told.size_bytes
    db.session.flush()
    return run


def find(
    job: BackupJob, *, name: str, size_bytes: int, changed_at: datetime, at: datetime
) -> BackupRun:
    """Write down a file that lies there and was not known yet."""
    run = BackupRun(
        job_id=job.id,
        state=RunState.DONE,
        finished_at=changed_at,
        changed_at=changed_at,
        seen_at=at,
        size_bytes=size_bytes,
        file_name=name[:500],
        told={},
    )
    db.session.add(run)
    db.session.flush()
    return run


def know_content(run: BackupRun, sha256: str) -> None:
    """Keep what a run's content is; the same content as a former one is no new backup."""
    run.sha256 = sha256
    former = db.session.scalars(
        select(BackupRun)
        .where(BackupRun.job_id == run.job_id, BackupRun.id < run.id, BackupRun.sha256 == sha256)
        .order_by(BackupRun.id)
        .limit(1)
    ).first()
    run.same_as_at = former.finished_at if former else None


def latest(job: BackupJob) -> BackupRun | None:
    """Return the newest run."""
    wanted = select(BackupRun).where(BackupRun.job_id == job.id)
    return db.session.scalars(wanted.order_by(BackupRun.id.desc()).limit(1)).first()


def latest_ended(job: BackupJob) -> BackupRun | None:
    """Return the newest run that ended, well or not."""
    wanted = select(BackupRun).where(
        BackupRun.job_id == job.id, BackupRun.state != RunState.STARTED
    )
    return db.session.scalars(wanted.order_by(BackupRun.id.desc()).limit(1)).first()


def former_sizes(run: BackupRun) -> list[int]:
    """Return the sizes of the good runs before one, the newest first."""
    rows = db.session.scalars(
        select(BackupRun.size_bytes)
        .where(
            BackupRun.job_id == run.job_id,
            BackupRun.id < run.id,
            BackupRun.state == RunState.DONE,
            BackupRun.size_bytes > 0,
        )
        .order_by(BackupRun.id.desc())
        .limit(SIZES)
    )
    return [size for size in rows if size is not None]
