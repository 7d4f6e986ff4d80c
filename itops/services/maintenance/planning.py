"""Plans: what may be written, by whom, and when the next order of each is made."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, Invalid
from itops.models import (
    Counts,
    Evidence,
    MaintenancePlan,
    Site,
    WorkOrder,
    WorkOrderEvent,
    WorkStatus,
)
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.maintenance import checklists
from itops.services.maintenance.days import Now
from itops.services.maintenance.plan_facts import PlanFacts
from itops.services.maintenance.plan_parents import asset_of, site_of
from itops.services.maintenance.recurrence import Recurrence, parse
from itops.services.maintenance.templates import Target
from itops.services.scoping import Within


def create(
    facts: PlanFacts, *, request_key: str, within: Within, by: Actor, now: Now
) -> MaintenancePlan:
    """Make a plan, or return the one that the same form made before.

    Raise Invalid with the fields that are wrong or out of reach.
    """
    known = _made_before(request_key)
    if known is not None and within.covers(site_id=known.site_id):
        return known
    site = site_of(facts, within)
    plan = MaintenancePlan(
        created_at=now.at, updated_at=now.at, is_demo=site.is_demo, request_key=request_key or None
    )
    _write(plan, facts, site, within, at=now.at)
    _set_next(plan, facts.recurrence.first(facts.starts_on))
    db.session.add(plan)
    auditing.record("plan.created", plan, by=by, at=now.at, after=auditing.facts(plan))
    return plan


def edit(
    plan: MaintenancePlan,
    facts: PlanFacts,
    *,
    version: int,
    within: Within,
    by: Actor,
    now: Now,
) -> int:
    """Make a plan what `facts` say; return how many orders that nobody had touched it withdrew.

    Where the days or the target change, untouched orders that are not due yet go, and are made
    anew. Raise Conflict if the plan is not at `version` any more, Invalid with the fields that are
    wrong or out of reach: the plan as it is and as it would be must both be within reach.
    """
    if plan.version != version:
        raise Conflict("plan.changed_meanwhile")
    if not within.covers(site_id=plan.site_id, department_id=plan.department_id):
        raise Invalid("plan.out_of_reach", field="site_id")
    site = site_of(facts, within)
    if site.is_demo != plan.is_demo:
        raise Invalid("asset.demo_mixed", field="site_id")
    before = auditing.facts(plan)
    _write(plan, facts, site, within, at=now.at)
    plan.updated_at = now.at
    withdrawn = withdraw(plan, after=now.today)
    _count_on(plan, now.today)
    _flush()
    auditing.record(
        "plan.edited", plan, by=by, at=now.at, before=before, after=auditing.facts(plan)
    )
    return withdrawn


def switch(plan: MaintenancePlan, *, on: bool, by: Actor, now: Now) -> None:
    """Let a plan rest, or go on from today; what was due meanwhile is not made up for."""
    if plan.is_enabled == on:
        return
    before = auditing.facts(plan)
    plan.is_enabled, plan.updated_at = on, now.at
    if on:
        _count_on(plan, now.today)
    else:
        withdraw(plan, after=now.today)
    _flush()
    action = "plan.resumed" if on else "plan.stopped"
    auditing.record(action, plan, by=by, at=now.at, before=before, after=auditing.facts(plan))


def withdraw(plan: MaintenancePlan, *, after: date) -> int:
    """Take back the orders that are due later than `after` and that nobody has touched."""
    touched = select(Evidence.order_id).union(select(WorkOrderEvent.order_id))
    untouched = (
        WorkOrder.plan_id == plan.id,
        WorkOrder.due_on > after,
        WorkOrder.status == WorkStatus.OPEN,
        WorkOrder.id.not_in(touched),
    )
    keys = list(db.session.scalars(select(WorkOrder.id).where(*untouched)))
    if keys:
        db.session.execute(delete(WorkOrder).where(WorkOrder.id.in_(keys)))
    return len(keys)


def go_on_after(order: WorkOrder, done_on: date) -> None:
    """Set when the plan of an order that is done is due again, if it counts from completion."""
    plan = order.plan
    if plan is not None and plan.counts is Counts.COMPLETION:
        _set_next(plan, _later(plan, order.due_on, done_on))


def take_back(order: WorkOrder) -> None:
    """Let the plan wait again: an order that was taken for done is not."""
    plan = order.plan
    if plan is not None and plan.counts is Counts.COMPLETION:
        _set_next(plan, None)


def rhythm(plan: MaintenancePlan) -> Recurrence:
    """Return a plan's recurrence."""
    return parse(plan.recurrence)


def preview(recurrence: Recurrence, starts_on: date, *, many: int = 8) -> list[date]:
    """Return the first dates of a rule."""
    found = []
    for on in recurrence.dates(starts_on):
        found.append(on)
        if len(found) == many:
            break
    return found


def upcoming(plan: MaintenancePlan, *, many: int = 6) -> list[date]:
    """Return the dates of a plan that have no order yet, as far as they are known."""
    if plan.next_due_on is None or not plan.is_enabled:
        return []
    if plan.counts is Counts.COMPLETION:
        return [plan.next_due_on]
    return preview(rhythm(plan), plan.next_due_on, many=many)


def _set_next(plan: MaintenancePlan, on: date | None) -> None:
    plan.next_due_on = on
    plan.make_on = on - timedelta(days=plan.lead_days) if on is not None else None


def _later(plan: MaintenancePlan, due_on: date, done_on: date) -> date:
    """Return when it is due again: never on or before the date that it had."""
    return max(rhythm(plan).after_completion(done_on), due_on + timedelta(days=1))


def _count_on(plan: MaintenancePlan, today: date) -> None:
    """Set the next date: not before today, and after every order that is there."""
    orders = select(WorkOrder).where(WorkOrder.plan_id == plan.id)
    last = db.session.scalar(orders.order_by(WorkOrder.due_on.desc()).limit(1))
    if last is not None and plan.counts is Counts.COMPLETION:
        is_over = last.done_on is not None or last.status is WorkStatus.CANCELLED
        done_on = last.done_on or last.due_on
        _set_next(plan, _later(plan, last.due_on, done_on) if is_over else None)
        return
    floor = max(today, last.due_on + timedelta(days=1)) if last is not None else today
    dates = rhythm(plan).dates(plan.starts_on)
    _set_next(plan, next((on for on in dates if on >= floor), None))


def _made_before(request_key: str) -> MaintenancePlan | None:
    if not request_key:
        return None
    return db.session.scalar(
        select(MaintenancePlan).where(MaintenancePlan.request_key == request_key)
    )


def _write(
    plan: MaintenancePlan, facts: PlanFacts, site: Site, within: Within, *, at: datetime
) -> None:
    """Put facts into a plan. Raise Invalid with what is not of the site or out of reach."""
    asset_id = asset_of(facts, site, within, at=at)
    is_type, is_module = facts.target is Target.TYPE, facts.target is Target.MODULE
    plan.asset_id = asset_id
    plan.type_key = facts.type_key if is_type else None
    plan.module_id = facts.module_id if is_module else None
    plan.location_id = facts.location_id if facts.target in {Target.TYPE, Target.PLACE} else None
    for name in PLAIN:
        setattr(plan, name, getattr(facts, name))
    plan.recurrence = facts.recurrence.rule
    plan.checklist = checklists.keep(facts.questions)


#: Facts that are columns as they are.
PLAIN = (
    "name",
    "name_en",
    "template",
    "site_id",
    "department_id",
    "owner_id",
    "counts",
    "starts_on",
    "lead_days",
    "evidence_rule",
    "needs_sign_off",
    "instructions",
)


def _flush() -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("plan.changed_meanwhile") from None
