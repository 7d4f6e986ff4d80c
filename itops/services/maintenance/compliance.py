"""PM compliance: how much of what was due was done on time.

On time is within a tenth of the plan's interval after the due date (the ten-percent rule of
reliability practice); an order can't be done before it is made, so early needs no bound. Late but
done is not compliant. What was cancelled with a reason is not counted. Orders of today and later,
and those whose grace is not over, count only once they are done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select

from itops.db import db
from itops.models import WorkKind, WorkOrder, WorkStatus
from itops.models.work_order import LIVE

#: With fewer there is no percentage.
LEAST = 3


@dataclass(frozen=True)
class Compliance:
    """So many of so many were done on time."""

    due: int = 0
    on_time: int = 0
    late: int = 0

    @property
    def missed(self) -> int:
        """Not done, and too late to be on time."""
        return self.due - self.on_time - self.late

    @property
    def percent(self) -> float | None:
        """The share done on time; None where there are too few to say."""
        return 100 * self.on_time / self.due if self.due >= LEAST else None


def figure(*where: ColumnElement[bool], first: date, last: date, today: date) -> Compliance:
    """Return the compliance of preventive orders due from `first` to `last`. One query."""
    rows = db.session.execute(
        select(
            WorkOrder.due_on,
            WorkOrder.done_on,
            WorkOrder.grace_days,
            func.count(),
        )
        .where(
            *where,
            WorkOrder.kind == WorkKind.PREVENTIVE,
            WorkOrder.status != WorkStatus.CANCELLED,
            WorkOrder.due_on.between(first, last),
        )
        .group_by(WorkOrder.due_on, WorkOrder.done_on, WorkOrder.grace_days)
    )
    due = on_time = late = 0
    for due_on, done_on, grace, many in rows:
        limit = due_on + timedelta(days=grace)
        if done_on is None and today <= limit:
            continue
        due += many
        if done_on is not None:
            on_time += many if done_on <= limit else 0
            late += many if done_on > limit else 0
    return Compliance(due, on_time, late)


def first_open(plans: Sequence[int]) -> dict[int, date]:
    """Return the first date of each plan that is not done yet."""
    rows = db.session.execute(
        select(WorkOrder.plan_id, func.min(WorkOrder.due_on))
        .where(WorkOrder.plan_id.in_(plans), WorkOrder.status.in_(LIVE))
        .group_by(WorkOrder.plan_id)
    )
    return {plan_id: due_on for plan_id, due_on in rows if plan_id is not None}
