"""The queues of checks: one for machines that answer, one for those that did not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update

from itops.db import db
from itops.models import Check
from itops.services.checking import interrupting, settling, tasks
from itops.services.checking.results import Result
from itops.services.checking.tasks import Task
from itops.services.engine.due_rows import Claimed, DueQueue

#: Checks at the same time, and those of them that may wait for machines that don't answer.
THREADS, THREADS_FOR_SILENT = 32, 16
#: What a check may take at most, with the look at a host key that it met.
MOST_SECONDS = 150.0


def load(rows: Sequence[Claimed], at: datetime) -> Mapping[int, Task]:
    """Return the tasks of claimed checks; those that a worker died of are unknown from now on."""
    interrupting.note(rows, at=at)
    return tasks.load(rows, at)


def carry_out(task: Task) -> Result:
    """Ask and judge, on a thread of the queue."""
    from itops.services.checking import asking  # noqa: PLC0415 - a start does not wait for SSH

    return asking.carry_out(task)


def set_back(at: datetime) -> None:
    """Let no check wait for longer than its interval, because the clock was put back."""
    for seconds in db.session.scalars(select(Check.interval_seconds).distinct()).all():
        too_far = Check.due_at > at + timedelta(seconds=1.5 * seconds)
        db.session.execute(
            update(Check).where(too_far, Check.interval_seconds == seconds).values(due_at=at)
        )


def _asked(*, answering: bool) -> ColumnElement[bool]:
    """Return which checks a queue sends out: never those of the demo, which answers itself."""
    return and_(Check.is_answering.is_(answering), Check.is_demo.is_(False))


ANSWERING = DueQueue(
    name="checks",
    model=Check,
    load=load,
    carry_out=carry_out,
    settle=settling.settle,
    threads=THREADS,
    most_seconds=MOST_SECONDS,
    where=lambda: _asked(answering=True),
    set_back=set_back,
)
SILENT = DueQueue(
    name="silent_checks",
    model=Check,
    load=load,
    carry_out=carry_out,
    settle=settling.settle,
    threads=THREADS_FOR_SILENT,
    most_seconds=MOST_SECONDS,
    where=lambda: _asked(answering=False),
)
QUEUES = (ANSWERING, SILENT)
