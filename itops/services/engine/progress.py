"""How far a long job has come, as pages show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itops.errors import Message
from itops.models import Job, JobState

#: A job of which nothing was heard for so long after its lease's end is stuck.
STUCK_AFTER = timedelta(minutes=2)
#: A job that waits for so long waits in vain: no worker runs, or all of its lane are busy.
LONG_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Going:
    """A job as its reader sees it. `step` is what is done now, `outcome` how it ended."""

    id: int
    name: Message
    state: JobState
    done: int
    total: int | None
    step: Message | None
    outcome: Message | None
    by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_stuck: bool

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED}

    @property
    def percent(self) -> float | None:
        """How much is done, 0–100; None where nobody knows how much there is."""
        return min(100.0, 100.0 * self.done / self.total) if self.total else None


def going(job: Job, *, at: datetime) -> Going:
    """Return how far a job has come."""
    return Going(
        id=job.id,
        name=Message(f"job.kind.{job.kind}"),
        state=job.state,
        done=job.done,
        total=job.total,
        step=_message(job.step),
        outcome=_message(job.outcome),
        by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        is_stuck=is_stuck(job, at=at),
    )


def is_stuck(job: Job, *, at: datetime) -> bool:
    """Whether a job should have come further by now: no worker goes on with it."""
    if job.state is JobState.WAITING:
        return job.created_at < at - LONG_WAIT
    if job.state is not JobState.RUNNING or job.lease_until_at is None:
        return False
    return job.lease_until_at < at - STUCK_AFTER


def _message(said: dict[str, object] | None) -> Message | None:
    return Message.from_json(said) if said else None
