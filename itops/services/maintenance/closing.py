"""When an order is done: all of it proven, nothing disputed, and signed where it must be."""

from sqlalchemy import and_, case, func, select

from itops.db import db
from itops.errors import Message
from itops.models import (
    Evidence,
    ProvenBy,
    Ticket,
    WorkKind,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.models.work_order import LIVE
from itops.services.maintenance import planning
from itops.services.maintenance.days import Now
from itops.services.maintenance.work_orders import flush, note


def settle(order: WorkOrder, *, by: str, now: Now) -> bool:
    """Close an order if nothing of it is left to do or to clear up. Return whether it did.

    `by` is the person whose act may close it; "" is a machine.
    """
    if order.status not in LIVE or order.is_disputed:
        return False
    flush()
    proof = _proof(order)
    if proof is None:
        return False
    order.done_at, order.done_on, order.done_by = now.at, now.today, by
    order.proof, order.reason = proof, None
    order.started_at = order.started_at or now.at
    order.move_to(WorkStatus.TO_SIGN if order.needs_sign_off else WorkStatus.DONE)
    note(order, f"order.event.done_{proof}", by=by, now=now)
    planning.go_on_after(order, now.today)
    if order.status is WorkStatus.DONE:
        tell_ticket(order, by=by, now=now)
    flush()
    return True


def tell_ticket(order: WorkOrder, *, by: str, now: Now) -> None:
    """Put the end of a repair on the timeline of the ticket that asked for it."""
    if order.kind is not WorkKind.CORRECTIVE:
        return
    status = Message(f"order.status.{order.status}").as_json()
    for ticket in db.session.scalars(select(Ticket).where(Ticket.order_id == order.id)):
        key = "order.event.told_ticket"
        ticket.note(key, by=by, at=now.at, number=order.number, status=status)


def _proof(order: WorkOrder) -> ProvenBy | None:
    """Return what proves the whole order; None while something is left to do."""
    is_skipped = WorkOrderItem.skipped != ""
    total, left, by_machine = db.session.execute(
        select(
            func.count(),
            func.sum(case((and_(WorkOrderItem.proof.is_(None), ~is_skipped), 1), else_=0)),
            func.sum(case((WorkOrderItem.proof == ProvenBy.MACHINE, 1), else_=0)),
        ).where(WorkOrderItem.order_id == order.id)
    ).one()
    if not total:
        return _proof_of_whole(order)
    if left:
        return None
    return ProvenBy.MACHINE if by_machine == total else ProvenBy.PERSON


def _proof_of_whole(order: WorkOrder) -> ProvenBy | None:
    kinds = set(
        db.session.scalars(
            select(Evidence.kind).where(
                Evidence.order_id == order.id,
                Evidence.item_id.is_(None),
                Evidence.holds.is_(True),
            )
        )
    )
    if ProvenBy.MACHINE in kinds:
        return ProvenBy.MACHINE
    return ProvenBy.PERSON if kinds else None
