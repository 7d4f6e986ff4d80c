"""Asking for the demo hospital: a long job that loads it behind the first pages."""

from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Job, JobState, Site
from itops.services.auditing import Actor
from itops.services.engine import ordering

DEMO_LOAD = "demo_load"
#: What the log says of its removal.
REMOVED = "demo.removed"


def order_demo(*, by: str, at: datetime) -> Job | None:
    """Order the demo hospital; None if it is there, on its way, or was removed.

    Every `make run` asks for it; who removed it has begun to work, and loads it by command.
    """
    if is_loaded() or is_under_way() or was_removed():
        return None
    return ordering.order(DEMO_LOAD, by=Actor(None, by), at=at)


def is_loaded() -> bool:
    """Whether any row of the demo hospital is in the database."""
    return db.session.scalar(select(Site.id).where(Site.is_demo).limit(1)) is not None


def was_removed() -> bool:
    """Whether somebody removed it once, as the log tells."""
    removed = select(AuditEntry.id).where(AuditEntry.action == REMOVED)
    return db.session.scalar(removed.limit(1)) is not None


def is_under_way() -> bool:
    """Whether a server loads it, or is about to."""
    open_states = (JobState.WAITING, JobState.RUNNING)
    statement = select(Job.id).where(Job.kind == DEMO_LOAD, Job.state.in_(open_states))
    return db.session.scalar(statement.limit(1)) is not None
