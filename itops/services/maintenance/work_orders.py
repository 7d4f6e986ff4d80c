"""Work orders: who takes them, how they move, and repairs that a person or a ticket asks for."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, Invalid, Message, Refused
from itops.models import Ticket, User, WorkKind, WorkOrder, WorkOrderEvent, WorkStatus
from itops.models.work_order import BY_HAND, LIVE, WITH_REASON
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.maintenance import checklists, disputes, planning
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.days import Now

#: What is asked of every repair: a signature alone tells the next one nothing.
REPAIR = (
    Question(key="q1", kind=Asks.NOTE, text="做了什么，怎样修好的", text_en="What was done"),
    Question(key="q2", kind=Asks.PHOTO, text="照片", text_en="Photo", required=False),
)


def note(order: WorkOrder, key: str, *, by: str, now: Now, **params: Any) -> None:
    """Put what happened on the order's timeline: a message key and what its sentence needs."""
    told = {
        name: value.as_json() if isinstance(value, Message) else value
        for name, value in params.items()
    }
    db.session.add(WorkOrderEvent(order_id=order.id, at=now.at, by=by, key=key, params=told))


def check_version(order: WorkOrder, version: int) -> None:
    """Raise Conflict if somebody changed the order since the person read it."""
    if order.version != version:
        raise Conflict("order.changed_meanwhile", number=order.number)


def flush() -> None:
    """Write now, so that a race that another transaction won is told as what it is."""
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("order.changed_meanwhile", number="") from None


def move(order: WorkOrder, status: WorkStatus, *, reason: str, by: Actor, now: Now) -> None:
    """Move an order by hand. Raise Refused if it may not, Invalid if a reason is missing."""
    if status not in BY_HAND or order.status not in LIVE:
        raise Refused(
            "order.move_refused",
            number=order.number,
            old=Message(f"order.status.{order.status}"),
            new=Message(f"order.status.{status}"),
        )
    if status in WITH_REASON and not reason:
        raise Invalid("order.reason_missing", field="reason")
    before, old = auditing.facts(order), order.status
    order.move_to(status)
    if status is WorkStatus.IN_PROGRESS:
        _start(order, by, now)
    why = Message("order.because", {"reason": reason}).as_json() if reason else None
    order.reason = why if status in WITH_REASON else None
    words = {"old": Message(f"order.status.{old}"), "new": Message(f"order.status.{status}")}
    note(order, "order.event.moved", by=by.name, now=now, reason=reason, **words)
    if status is WorkStatus.CANCELLED:
        if order.is_disputed:
            disputes.end(order, at=now.at)
        planning.go_on_after(order, order.due_on)
        _tell_tickets(order, by=by, now=now)
    flush()
    after = auditing.facts(order)
    auditing.record("order.moved", order, by=by, at=now.at, before=before, after=after)


def _tell_tickets(order: WorkOrder, *, by: Actor, now: Now) -> None:
    """Say on the tickets of an order that it was cancelled; why, who sees the order reads there."""
    for ticket in db.session.scalars(select(Ticket).where(Ticket.order_id == order.id)):
        ticket.note("ticket.event.order_cancelled", by=by.name, at=now.at, number=order.number)


def assign(order: WorkOrder, user_id: int | None, *, by: Actor, now: Now) -> None:
    """Give an order to a person, or to nobody. Raise Refused if it is over, Invalid for nobody."""
    if order.status not in LIVE:
        raise Refused("order.is_over", number=order.number)
    who = db.session.get(User, user_id) if user_id else None
    if user_id and (who is None or not who.is_enabled or who.is_demo != order.is_demo):
        raise Invalid("plan.no_such_person", field="assignee_id")
    if order.assignee_id == user_id:
        return
    before = auditing.facts(order)
    order.assignee_id = user_id
    name = who.name if who else ""
    key = "order.event.assigned" if who else "order.event.unassigned"
    note(order, key, by=by.name, now=now, name=name)
    flush()
    after = auditing.facts(order)
    auditing.record("order.assigned", order, by=by, at=now.at, before=before, after=after)


def ask_for_repair(made: WorkOrder, *, by: Actor, now: Now) -> WorkOrder:
    """Add a corrective order that a form describes, or return the one that it made before."""
    if made.request_key:
        known = select(WorkOrder).where(WorkOrder.request_key == made.request_key)
        found = db.session.scalar(known)
        if found is not None:
            return found
    db.session.add(made)
    flush()
    note(made, "order.event.created", by=by.name, now=now)
    auditing.record("order.created", made, by=by, at=now.at, after=auditing.facts(made))
    return made


def from_ticket(
    ticket: Ticket,
    *,
    by: Actor,
    now: Now,
    due_on: date | None = None,
    assignee_id: int | None = None,
) -> WorkOrder:
    """Return the repair that a ticket asks for; the caller writes it into the ticket.

    A ticket that has one already gets that one; for a cancelled one, another.
    """
    if ticket.live_order is not None:
        return ticket.live_order
    made = WorkOrder(
        kind=WorkKind.CORRECTIVE,
        name=ticket.title,
        due_on=due_on or now.today,
        site_id=ticket.site_id,
        department_id=ticket.department_id,
        location_id=ticket.location_id,
        asset_id=ticket.asset_id,
        module_id=ticket.module_id,
        assignee_id=assignee_id or ticket.assignee_id,
        instructions=ticket.text,
        checklist=checklists.keep(REPAIR),
        created_at=now.at,
        is_demo=ticket.is_demo,
    )
    db.session.add(made)
    flush()
    note(made, "order.event.from_ticket", by=by.name, now=now, n=ticket.id)
    auditing.record("order.created", made, by=by, at=now.at, after=auditing.facts(made))
    return made


def begin(order: WorkOrder, by: Actor, now: Now) -> None:
    """Note that somebody works on the order, if nobody did."""
    if order.status is WorkStatus.OPEN:
        order.move_to(WorkStatus.IN_PROGRESS)
        _start(order, by, now)


def _start(order: WorkOrder, by: Actor, now: Now) -> None:
    order.started_at = order.started_at or now.at
    order.assignee_id = order.assignee_id or by.id
