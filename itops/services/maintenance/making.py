"""Making orders ahead: each date of each plan once, whatever dies and however often it runs.

A plan's row says which date comes next. Taking it is an update of that row on the condition that
it still says so, in the transaction that inserts the order; the order's key (plan, date) is unique
besides. So two workers, a killed one, or a clock that is put back, make none twice; and after days
of standstill each missed date is made once, and is overdue.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm.attributes import set_committed_value

from itops.db import db
from itops.models import (
    Asset,
    Counts,
    MaintenancePlan,
    WorkKind,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.services.maintenance import planning, targets
from itops.services.maintenance.days import Now

#: Plans worked on, and orders of one plan made, in one transaction.
PLANS_A_PIECE = 50
ORDERS_A_PIECE = 500


def make_due(now: Now) -> Iterator[None]:
    """Make every order whose day has come, a piece at a time; the caller commits each."""
    while True:
        plans = list(db.session.scalars(_due(now.today)))
        if not plans:
            return
        for plan in plans:
            make(plan, now)
        yield


def make(plan: MaintenancePlan, now: Now) -> int:
    """Make the orders of one plan that are to be there today. Return how many."""
    dates, following = _dates(plan, until=now.today + timedelta(days=plan.lead_days))
    if not dates or not _take(plan, following):
        return 0
    machines = targets.covered(plan)
    if plan.type_key is not None and not machines:
        return 0  # nothing to look after here now
    shared = _shared(plan, now.at)
    grace = grace_days(planning.rhythm(plan).interval_days)
    rows = [shared | {"due_on": on, "grace_days": grace} for on in dates]
    # On the connection: a session would make each row twice, and asks for each one's id.
    db.session.connection().execute(insert(WorkOrder), rows)
    if machines:
        _add_items(plan, dates, machines)
    return len(rows)


def _add_items(plan: MaintenancePlan, dates: Sequence[date], machines: Sequence[int]) -> None:
    made = select(WorkOrder.id).where(
        WorkOrder.plan_id == plan.id, WorkOrder.due_on.between(dates[0], dates[-1])
    )
    items = [
        {"order_id": order, "asset_id": asset, "done_by": "", "skipped": ""}
        for order in db.session.scalars(made.order_by(WorkOrder.due_on))
        for asset in machines
    ]
    db.session.connection().execute(insert(WorkOrderItem), items)


def grace_days(interval_days: float) -> int:
    """Return by how many days an order may be late: a tenth of the interval, in whole days."""
    return int(interval_days / 10 + 0.5)


def _due(today: date) -> Any:
    return (
        select(MaintenancePlan)
        .where(MaintenancePlan.is_enabled.is_(True), MaintenancePlan.make_on <= today)
        .order_by(MaintenancePlan.make_on, MaintenancePlan.id)
        .limit(PLANS_A_PIECE)
        .execution_options(populate_existing=True)
    )


def _dates(plan: MaintenancePlan, *, until: date) -> tuple[list[date], date | None]:
    """Return the dates to make now, and the one that follows them."""
    first = plan.next_due_on
    if first is None or first > until:
        return [], first
    if plan.counts is Counts.COMPLETION:
        return [first], None
    found: list[date] = []
    for on in planning.rhythm(plan).dates(first):
        if on > until or len(found) == ORDERS_A_PIECE:
            return found, on
        found.append(on)
    return found, None


def _take(plan: MaintenancePlan, following: date | None) -> bool:
    """Move the plan on, unless somebody else just did."""
    make_on = following - timedelta(days=plan.lead_days) if following else None
    taken = (
        update(MaintenancePlan)
        .where(MaintenancePlan.id == plan.id, MaintenancePlan.next_due_on == plan.next_due_on)
        .values(next_due_on=following, make_on=make_on)
    )
    if db.session.connection().execute(taken).rowcount != 1:
        return False
    set_committed_value(plan, "next_due_on", following)
    set_committed_value(plan, "make_on", make_on)
    return True


def _shared(plan: MaintenancePlan, at: datetime) -> dict[str, Any]:
    """Return what all orders of a plan have in common, as the plan is now."""
    place = plan.location_id
    department = plan.department_id
    if plan.asset_id is not None:
        asset = db.session.get_one(Asset, plan.asset_id)
        place, department = asset.location_id, department or asset.department_id
    return {
        "kind": WorkKind.PREVENTIVE,
        "status": WorkStatus.OPEN,
        "name": plan.name,
        "name_en": plan.name_en,
        "plan_id": plan.id,
        "site_id": plan.site_id,
        "department_id": department,
        "location_id": place,
        "asset_id": plan.asset_id,
        "module_id": plan.module_id,
        "assignee_id": plan.owner_id,
        "instructions": plan.instructions,
        "checklist_id": plan.checklist_id,
        "evidence_rule": plan.evidence_rule,
        "rule_params": plan.rule_params,
        "needs_sign_off": plan.needs_sign_off,
        "created_at": at,
        "is_disputed": False,
        "is_demo": plan.is_demo,
    }
