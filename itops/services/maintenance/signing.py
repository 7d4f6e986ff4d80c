"""Somebody else looks at what was done: signs it, sends it back, or settles a dispute."""

from datetime import datetime

from sqlalchemy import and_, or_, select, update

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Evidence, ProvenBy, SignOff, WorkOrder, WorkOrderItem, WorkStatus
from itops.models.work_order import LIVE
from itops.services import auditing, written
from itops.services.auditing import Actor
from itops.services.maintenance import closing, disputes, planning
from itops.services.maintenance.days import Now
from itops.services.maintenance.evidence import LEFT_OUT
from itops.services.maintenance.work_orders import check_version, flush, note
from itops.services.users.handing_over import stood_in_for


def sign_off(
    order: WorkOrder, *, typed: str, remark: str, version: int, by: Actor, now: Now
) -> SignOff:
    """Sign an order that somebody else did. Raise Refused if it is not for `by` to sign."""
    check_version(order, version)
    _check(order, by, at=now.at)
    if not _is_name(typed, by.name):
        raise Invalid("checklist.sign_own_name", field="signature", name=by.name)
    before = auditing.facts(order)
    order.move_to(WorkStatus.DONE)
    made = SignOff(order_id=order.id, user_id=by.id, name=by.name, at=now.at, note=remark)
    db.session.add(made)
    note(order, "order.event.signed", by=by.name, now=now, remark=remark)
    closing.tell_ticket(order, by=by.name, now=now)
    flush()
    after = auditing.facts(order)
    auditing.record("order.signed", order, by=by, at=now.at, before=before, after=after)
    return made


def send_back(order: WorkOrder, *, reason: str, version: int, by: Actor, now: Now) -> None:
    """Give an order that waits for a signature back to be done better."""
    check_version(order, version)
    _check(order, by, at=now.at)
    if not reason:
        raise Invalid("order.reason_missing", field="reason")
    if order.proof is ProvenBy.MACHINE:
        raise Refused("order.nothing_to_redo", number=order.number)
    before = auditing.facts(order)
    order.move_to(WorkStatus.IN_PROGRESS)
    order.done_at = order.done_on = order.proof = None
    order.done_by = ""
    _undo_words(order)
    planning.take_back(order)
    note(order, "order.event.sent_back", by=by.name, now=now, reason=reason)
    flush()
    after = auditing.facts(order)
    auditing.record("order.sent_back", order, by=by, at=now.at, before=before, after=after)


def clear_up(order: WorkOrder, *, reason: str, version: int, by: Actor, now: Now) -> None:
    """Settle a dispute in favour of the person's word, and say why the machine is wrong."""
    check_version(order, version)
    if not order.is_disputed:
        raise Refused("order.not_disputed", number=order.number)
    if did_it(order, by, at=now.at):
        raise Refused("order.sign_own_work")
    if not reason:
        raise Invalid("order.reason_missing", field="reason")
    before = auditing.facts(order)
    order.is_disputed = False
    disputes.end(order, at=now.at)
    note(order, "order.event.cleared_up", by=by.name, now=now, reason=reason)
    if order.status in LIVE:
        _believe(order, now)
        closing.settle(order, by=by.name, now=now)
    flush()
    after = auditing.facts(order)
    auditing.record("order.cleared_up", order, by=by, at=now.at, before=before, after=after)


def may_sign(order: WorkOrder, by: Actor, *, at: datetime) -> bool:
    """Whether the order waits for a signature that `by` may give."""
    return order.status is WorkStatus.TO_SIGN and not did_it(order, by, at=at)


def _check(order: WorkOrder, by: Actor, *, at: datetime) -> None:
    if order.status is not WorkStatus.TO_SIGN:
        raise Refused("order.not_to_sign", number=order.number)
    if order.is_disputed:
        raise Refused("order.clear_up_first", number=order.number)
    if did_it(order, by, at=at):
        raise Refused("order.sign_own_work")


def did_it(order: WorkOrder, by: Actor, *, at: datetime) -> bool:
    """Whether any of the evidence is this person's own word, or theirs for whom they stand in."""
    same = stood_in_for(by.id, at=at)
    is_own = and_(Evidence.user_id.is_(None), Evidence.by.in_([by.name, *same.values()]))
    if by.id is not None:  # two people may share a name, and an account may be gone
        is_own = or_(Evidence.user_id.in_([by.id, *same]), is_own)
    own = select(Evidence.id).where(
        Evidence.order_id == order.id, Evidence.kind == ProvenBy.PERSON, is_own
    )
    return db.session.scalar(own.limit(1)) is not None


def _claimed(order: WorkOrder) -> list[int]:
    """Return the items for which there is a person's word."""
    wanted = select(Evidence.item_id).where(
        Evidence.order_id == order.id,
        Evidence.kind == ProvenBy.PERSON,
        Evidence.rule != LEFT_OUT,
        Evidence.item_id.is_not(None),
    )
    return [key for key in db.session.scalars(wanted.distinct()) if key is not None]


def _believe(order: WorkOrder, now: Now) -> None:
    """Let people's words stand for the items that a machine spoke against."""
    db.session.execute(
        update(WorkOrderItem)
        .where(
            WorkOrderItem.id.in_(_claimed(order)),
            WorkOrderItem.done_at.is_(None),
            WorkOrderItem.skipped == "",
        )
        .values(done_at=now.at, proof=ProvenBy.PERSON)
    )


def _undo_words(order: WorkOrder) -> None:
    """Open the items again that stand on a person's word alone; what a machine proved stays."""
    is_word = or_(WorkOrderItem.proof == ProvenBy.PERSON, WorkOrderItem.skipped != "")
    db.session.execute(
        update(WorkOrderItem)
        .where(WorkOrderItem.order_id == order.id, is_word)
        .values(done_at=None, done_by="", proof=None, skipped="")
    )


def _is_name(typed: str, name: str) -> bool:
    def plain(text: str) -> str:
        return "".join(written.plain(text).split()).casefold()

    return plain(typed) == plain(name)
