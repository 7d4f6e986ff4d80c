"""The doctor looks at the background work: what is late, what failed, what is stuck."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.models import Duty, Job
from itops.services.background.queues import QUEUES
from itops.services.doctor.findings import Finding, found
from itops.services.engine.background import duty_lines, queue_line
from itops.services.engine.ordering import UNDER_WAY
from itops.services.engine.progress import going


def examine(*, at: datetime) -> Iterator[Finding]:
    """Yield what there is to say of duties, queues and long jobs."""
    if db.session.scalar(select(Duty.name).limit(1)) is None:
        yield found("work_never", State.WARNING)
        return
    yield from _duties(at=at)
    for queue in QUEUES.values():
        line = queue_line(queue, at=at)
        yield found(
            "queue", line.state, name=line.name, n=int(line.lag_seconds // 60), waiting=line.waiting
        )
    yield from _jobs(at=at)


def _duties(*, at: datetime) -> Iterator[Finding]:
    lines = duty_lines(at=at)
    latest = max(lines, key=lambda line: line.lag_seconds)
    yield found("work", latest.late, name=latest.name, n=int(latest.lag_seconds // 60))
    for line in lines:
        if line.error:
            yield found("work_failed", State.WARNING, name=line.name, reason=line.error)


def _jobs(*, at: datetime) -> Iterator[Finding]:
    for job in db.session.scalars(select(Job).where(Job.state.in_(UNDER_WAY)).order_by(Job.id)):
        standing = going(job, at=at)
        if standing.is_stuck:
            yield found("job_stuck", State.WARNING, name=standing.name, id=job.id)
