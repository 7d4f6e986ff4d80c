"""How the background work stands: queues, duties and long jobs, the late ones first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import Duty, Job, JobState
from itops.services.engine import due_rows
from itops.services.engine.due_rows import DueQueue
from itops.services.engine.progress import Going, going

#: Work of a queue that is so late is late; so late, it stands still.
LATE, STANDS_STILL = timedelta(minutes=2), timedelta(hours=1)
#: The same for what comes round.
DUTY_LATE, DUTY_STANDS_STILL = timedelta(minutes=15), timedelta(hours=6)
SHOWN_JOBS = 50


@dataclass(frozen=True)
class Line:
    """A queue or a duty: how late it is, what waits, what is in work, what went wrong last."""

    name: Message
    state: State
    lag_seconds: float
    #: The state by how late it is alone, whatever went wrong before.
    late: State = State.OK
    waiting: int = 0
    working: int = 0
    last_done_at: datetime | None = None
    last_seconds: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Background:
    """All of it. `lag_seconds` is that of the latest queue or duty."""

    queues: list[Line]
    duties: list[Line]
    jobs: list[Going]

    @property
    def lag_seconds(self) -> float:
        return max((line.lag_seconds for line in [*self.queues, *self.duties]), default=0.0)

    @property
    def worst(self) -> Line | None:
        """The line to begin with: what is latest by its own measure."""
        late = [line for line in [*self.queues, *self.duties] if line.state is not State.OK]
        return max(
            late, key=lambda line: (line.state is State.CRITICAL, line.lag_seconds), default=None
        )


def background(queues: Sequence[DueQueue], *, at: datetime) -> Background:
    """Return how all background work stands."""
    return Background(
        [queue_line(queue, at=at) for queue in queues], duty_lines(at=at), jobs(at=at)
    )


def queue_line(queue: DueQueue, *, at: datetime) -> Line:
    """Return how a queue stands."""
    found = due_rows.standing(queue, at=at)
    return Line(
        Message(f"queue.{queue.name}"),
        _state(found.lag_seconds, LATE, STANDS_STILL),
        found.lag_seconds,
        waiting=found.waiting,
        working=found.working,
    )


def duty_lines(*, at: datetime) -> list[Line]:
    """Return how every duty stands, the one that has been due for longest first."""
    rows = db.session.scalars(select(Duty).order_by(Duty.due_at)).all()
    lines = []
    for row in rows:
        lag = max(0.0, (at - row.due_at).total_seconds())
        late = _state(lag, DUTY_LATE, DUTY_STANDS_STILL)
        state = State.worst(late, State.WARNING) if row.last_error else late
        lines.append(
            Line(
                Message(f"duty.{row.name}"),
                state,
                lag,
                late=late,
                working=int(row.lease_until_at is not None and row.lease_until_at >= at),
                last_done_at=row.last_done_at,
                last_seconds=row.last_seconds,
                error=row.last_error,
            )
        )
    return lines


def jobs(*, at: datetime) -> list[Going]:
    """Return the jobs under way, then the newest that are over."""
    under_way = Job.state.in_((JobState.RUNNING, JobState.WAITING))
    open_ones = db.session.scalars(select(Job).where(under_way).order_by(Job.id)).all()
    over = db.session.scalars(
        select(Job).where(~under_way).order_by(Job.id.desc()).limit(SHOWN_JOBS)
    ).all()
    return [going(job, at=at) for job in [*open_ones, *over]]


def _state(lag: float, late: timedelta, stands_still: timedelta) -> State:
    if lag > stands_still.total_seconds():
        return State.CRITICAL
    return State.WARNING if lag > late.total_seconds() else State.OK
