"""Ordering a long job: a row with its progress, which a worker begins right after the commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.models import Job, JobState
from itops.services.auditing import Actor
from itops.services.engine import waking

UNDER_WAY = (JobState.WAITING, JobState.RUNNING)


def order(
    kind: str,
    *,
    by: Actor,
    at: datetime,
    params: Mapping[str, Any] | None = None,
    subject: str = "",
    is_only: bool = False,
) -> Job:
    """Ask for a job of a kind. `subject` says what it is about, for instance "backup_job:4".

    The database refuses a second one that `is_only` for its subject while the first is under way.
    """
    job = Job(
        kind=kind,
        params=dict(params or {}),
        subject=subject,
        open_key=f"{kind} {subject}" if is_only else None,
        created_at=at,
        created_by=by.name,
        created_by_id=by.id,
    )
    db.session.add(job)
    db.session.flush()
    waking.wake()
    return job


def order_once(kind: str, *, subject: str, **given: Any) -> Job:
    """Ask for a job, or return the one of this kind and subject that is under way already."""
    found = under_way(kind, subject)
    if found:
        return found
    try:
        with db.session.begin_nested():
            return order(kind, subject=subject, is_only=True, **given)
    except IntegrityError:  # somebody asked at the same moment
        found = under_way(kind, subject)
        if not found:
            raise
        return found


def under_way(kind: str, subject: str) -> Job | None:
    """Return the job of a kind about a subject that waits or runs."""
    wanted = select(Job).where(Job.kind == kind, Job.subject == subject, Job.state.in_(UNDER_WAY))
    return db.session.scalars(wanted.order_by(Job.id).limit(1)).first()


def latest(kind: str, subject: str) -> Job | None:
    """Return the newest job of a kind about a subject, over or not."""
    wanted = select(Job).where(Job.subject == subject, Job.kind == kind)
    return db.session.scalars(wanted.order_by(Job.id.desc()).limit(1)).first()
