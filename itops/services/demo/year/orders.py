"""The demo's work orders: a year of dates, most done in time, each with what proved it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from itops.db import db
from itops.errors import Message
from itops.models import (
    MaintenancePlan,
    ProvenBy,
    Role,
    WorkKind,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.services.demo.year import order_proof
from itops.services.demo.year.fates import Fate, Made, done_at, fate
from itops.services.demo.year.known import LOCAL, Known
from itops.services.maintenance import evidence, making, planning, targets
from itops.services.maintenance.rule_table import RULES

#: Machine by machine only the newest orders are kept here; of older ones the whole is proven.
WITH_ITEMS_DAYS = 45


def write_orders(plan: MaintenancePlan, number: int, dates: Sequence[date], known: Known) -> bool:
    """Write an order for each date, its proof and its timeline. Return whether the last is done."""
    fates = [fate(plan, number, on, known) for on in dates]
    moments = [done_at(plan, number, on, each) for on, each in zip(dates, fates, strict=True)]
    shared = _shared(plan)
    rows = [
        shared | _row(plan, on, each, at)
        for on, each, at in zip(dates, fates, moments, strict=True)
    ]
    keys = db.session.scalars(
        insert(WorkOrder).returning(WorkOrder.id, sort_by_parameter_order=True), rows
    ).all()
    made = [Made(*four) for four in zip(keys, dates, fates, moments, strict=True)]
    _write_items(plan, made, known)
    order_proof.write_proof(plan, [one for one in made if one.done_at is not None], known)
    db.session.flush()
    for one in made[-2:]:
        if one.fate is Fate.OPEN and RULES[plan.evidence_rule].is_machine:
            evidence.prove(db.session.get_one(WorkOrder, one.id), known.now)
    return made[-1].done_at is not None


def _shared(plan: MaintenancePlan) -> dict[str, Any]:
    return {
        "kind": WorkKind.PREVENTIVE,
        "name": plan.name,
        "name_en": plan.name_en,
        "plan_id": plan.id,
        "site_id": plan.site_id,
        "department_id": plan.department_id,
        "location_id": plan.location_id,
        "module_id": plan.module_id,
        "assignee_id": plan.owner_id,
        "instructions": "",
        "grace_days": making.grace_days(planning.rhythm(plan).interval_days),
        "checklist_id": plan.checklist_id,
        "evidence_rule": plan.evidence_rule,
        "rule_params": {},
        "needs_sign_off": plan.needs_sign_off,
        "is_disputed": False,
        "version": 1,
        "is_demo": True,
    }


def _row(
    plan: MaintenancePlan, on: date, became: Fate, ended_at: datetime | None
) -> dict[str, Any]:
    made_at = datetime.combine(on - timedelta(days=plan.lead_days), time(0, 5), LOCAL)
    is_machine = RULES[plan.evidence_rule].is_machine
    row: dict[str, Any] = {
        "due_on": on,
        "status": WorkStatus.OPEN,
        "created_at": made_at,
        "started_at": ended_at,
        "done_at": ended_at,
        "done_on": ended_at.astimezone(LOCAL).date() if ended_at else None,
        "done_by": "",
        "proof": None,
        "reason": None,
    }
    if ended_at is not None:
        by = "" if is_machine or plan.owner is None else plan.owner.name
        proof = ProvenBy.MACHINE if is_machine else ProvenBy.PERSON
        row |= {"status": WorkStatus.DONE, "done_by": by, "proof": proof}
    elif became is Fate.CANCELLED:
        why = Message("order.because", {"reason": "当日停电检修，顺延到下一次"})
        row |= {"status": WorkStatus.CANCELLED, "reason": why.as_json()}
    return row


def _write_items(plan: MaintenancePlan, made: Sequence[Made], known: Known) -> None:
    """Write the machines of the newest orders; what is not done yet has some of them done."""
    machines = targets.covered(plan)
    recent = [one for one in made if (known.now.today - one.due_on).days < WITH_ITEMS_DAYS]
    rows = [
        _item(one, asset_id, place / len(machines), plan, known)
        for one in recent
        for place, asset_id in enumerate(machines)
    ]
    if rows:
        db.session.execute(insert(WorkOrderItem), rows)


def _item(
    order: Made, asset_id: int, share: float, plan: MaintenancePlan, known: Known
) -> Mapping[str, Any]:
    is_machine = RULES[plan.evidence_rule].is_machine
    at = order.done_at
    if at is None and order.fate is Fate.OPEN and not is_machine and share < 0.4:
        begun = (known.now.today - order.due_on).days > -7
        at = known.at - timedelta(hours=20 - 10 * share) if begun else None
    return {
        "order_id": order.id,
        "asset_id": asset_id,
        "done_at": at,
        "done_by": known.people[Role.ENGINEER].name if at and not is_machine else "",
        "proof": (ProvenBy.MACHINE if is_machine else ProvenBy.PERSON) if at else None,
        "skipped": "",
    }
