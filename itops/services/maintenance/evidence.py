"""Proof by machine: what closes an order by itself, and what speaks against a person's word.

Both must agree or it is raised: where a person says done and what a machine saw *later* says
otherwise, the order is disputed until somebody has cleared it up.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from itops.db import db
from itops.errors import Message
from itops.models import Evidence, ProvenBy, WorkOrder, WorkOrderItem, WorkStatus
from itops.models.work_order import LIVE
from itops.services.maintenance import closing, disputes
from itops.services.maintenance.days import Now
from itops.services.maintenance.rule_table import RULES
from itops.services.maintenance.verdict import Verdict
from itops.services.maintenance.work_orders import flush, note

#: For so long after somebody's word closed an order, a machine may still speak against it.
HEARD_FOR = timedelta(days=3)
#: The rule of a person's word that a machine was left out: it claims no work.
LEFT_OUT = "left_out"
MACHINE_RULES = tuple(name for name, rule in RULES.items() if rule.is_machine)


def verdict_on(order: WorkOrder, item: WorkOrderItem | None, now: Now) -> Verdict | None:
    """Return what a machine says now of an order, or of one machine of it; None: none looks."""
    found = _look(order, [item.asset_id] if item else [], now, now.at)
    return found.get(item.asset_id if item else None)


def by_machine(
    order: WorkOrder, item: WorkOrderItem | None, verdict: Verdict, now: Now, *, holds: bool = True
) -> Evidence:
    """Return the record of what a machine said, with its figures as they were."""
    return Evidence(**_row(order, item.id if item else None, verdict, now, holds=holds))


def prove(order: WorkOrder, now: Now) -> bool:
    """Let the machines say what they can of an open order. Return whether that closed it."""
    waiting = list(
        db.session.execute(
            select(WorkOrderItem.id, WorkOrderItem.asset_id).where(
                WorkOrderItem.order_id == order.id,
                WorkOrderItem.done_at.is_(None),
                WorkOrderItem.skipped == "",
            )
        )
    )
    keys = {asset_id: item_id for item_id, asset_id in waiting}
    said = _look(order, list(keys), now, now.at)
    proven = {asset: verdict for asset, verdict in said.items() if verdict.proves}
    if proven:
        _keep(order, proven, keys, now)
    against = {asset: one for asset, one in said.items() if one.contradicts}
    _dispute(order, against, keys, now)
    if proven and order.is_disputed and not _disputes(order, against, keys):
        order.is_disputed = False
        disputes.end(order, at=now.at)
    if proven and order.status is WorkStatus.WAITING and order.reason == WAITS:
        order.move_to(WorkStatus.IN_PROGRESS)
        order.reason = None
    flush()
    return bool(proven) and closing.settle(order, by="", now=now)


WAITS = Message("order.waits_for_machine").as_json()


def prove_all(now: Now, *, after: int = 0, many: int = 50) -> int | None:
    """Look at the next orders that a machine may close. Return the last one's id; None: no more."""
    orders = db.session.scalars(
        select(WorkOrder)
        .where(
            WorkOrder.status.in_(LIVE),
            WorkOrder.evidence_rule.in_(MACHINE_RULES),
            WorkOrder.id > after,
        )
        .order_by(WorkOrder.id)
        .limit(many)
    ).all()
    for order in orders:
        prove(order, now)
    return orders[-1].id if len(orders) == many else None


def doubt_all(now: Now) -> int:
    """Raise what was closed on a person's word and what machines saw since speaks against."""
    raised = 0
    for order in db.session.scalars(
        select(WorkOrder).where(
            WorkOrder.status.in_([WorkStatus.DONE, WorkStatus.TO_SIGN]),
            WorkOrder.evidence_rule.in_(MACHINE_RULES),
            WorkOrder.proof == ProvenBy.PERSON,
            WorkOrder.is_disputed.is_(False),
            WorkOrder.done_on >= (now.at - HEARD_FOR).astimezone(now.zone).date(),
        )
    ):
        raised += _doubt(order, now)
    return raised


def offer(rule: str, *, module_id: int, now: Now) -> int:
    """Say that there is something new to prove a module's orders by. Return how many it closed."""
    orders = db.session.scalars(
        select(WorkOrder).where(
            WorkOrder.status.in_(LIVE),
            WorkOrder.evidence_rule == rule,
            WorkOrder.module_id == module_id,
        )
    ).all()
    return sum(prove(order, now) for order in orders)


def _look(
    order: WorkOrder, assets: Collection[int], now: Now, at: datetime
) -> Mapping[int | None, Verdict]:
    look = RULES[order.evidence_rule].look
    return look(order, assets, window_start(order, now), at) if look else {}


def window_start(order: WorkOrder, now: Now) -> datetime:
    """Return from when on what a machine saw counts for an order: the day it was to be made."""
    made_on = order.created_at.astimezone(now.zone).date()
    return now.start_of(min(order.due_on, made_on))


def _keep(
    order: WorkOrder, proven: Mapping[int | None, Verdict], keys: Mapping[int, int], now: Now
) -> None:
    """Write what the machine proved, and that these items are done."""
    rows = [_row(order, keys.get(asset or 0), one, now) for asset, one in proven.items()]
    db.session.execute(insert(Evidence), rows)
    items = [keys[asset] for asset in proven if asset is not None]
    if items:
        db.session.execute(
            update(WorkOrderItem)
            .where(WorkOrderItem.id.in_(items))
            .values(done_at=now.at, proof=ProvenBy.MACHINE)
        )


def _dispute(
    order: WorkOrder, against: Mapping[int | None, Verdict], keys: Mapping[int, int], now: Now
) -> None:
    """Raise each claim that was made before the machine saw what speaks against it."""
    claims = _claims(order)
    for asset, verdict in against.items():
        item_id = keys.get(asset or 0)
        claim = claims.get(item_id)
        if claim is None or verdict.seen_at is None or verdict.seen_at <= claim.at:
            continue
        if _raise_against(order, claim, verdict, now):
            order.is_disputed = True
            if order.status is WorkStatus.WAITING:
                order.move_to(WorkStatus.IN_PROGRESS)
            order.reason = None


def _doubt(order: WorkOrder, now: Now) -> bool:
    """Ask the machines how it was when a person gave their word, and raise what differs."""
    claims = _claims(order)
    rows = db.session.execute(
        select(WorkOrderItem.asset_id, WorkOrderItem.id).where(
            WorkOrderItem.order_id == order.id, WorkOrderItem.proof == ProvenBy.PERSON
        )
    )
    assets = {asset_id: item_id for asset_id, item_id in rows}  # noqa: C416 - rows, not pairs
    said = _look(order, list(assets), now, order.done_at or now.at)
    raised = False
    for asset, verdict in said.items():
        claim = claims.get(assets.get(asset or 0))
        is_later = claim and verdict.seen_at and verdict.seen_at > claim.at
        if claim and is_later and verdict.contradicts:
            raised = _raise_against(order, claim, verdict, now) or raised
    order.is_disputed = order.is_disputed or raised
    return raised


def _raise_against(order: WorkOrder, claim: Evidence, verdict: Verdict, now: Now) -> bool:
    """Keep what speaks against a claim, once."""
    known = select(Evidence.id).where(
        Evidence.order_id == order.id,
        Evidence.item_id == claim.item_id
        if claim.item_id is not None
        else Evidence.item_id.is_(None),
        Evidence.holds.is_(False),
        Evidence.id > claim.id,
    )
    if db.session.scalar(known.limit(1)) is not None:
        return False
    db.session.add(Evidence(**_row(order, claim.item_id, verdict, now, holds=False)))
    words = {"name": claim.by, "says": verdict.message}
    note(order, "order.event.disputed", by="", now=now, **words)
    disputes.tell(order, verdict.message, by=claim.by, at=now.at)
    return True


def _disputes(
    order: WorkOrder, against: Mapping[int | None, Verdict], keys: Mapping[int, int]
) -> bool:
    """Whether a machine still speaks against somebody's word."""
    claims = _claims(order)
    return any(keys.get(asset or 0) in claims for asset in against)


def _claims(order: WorkOrder) -> dict[int | None, Evidence]:
    """Return people's newest word on each item, or on the whole order (None)."""
    found = db.session.scalars(
        select(Evidence)
        .where(
            Evidence.order_id == order.id,
            Evidence.kind == ProvenBy.PERSON,
            Evidence.rule != LEFT_OUT,
        )
        .order_by(Evidence.id)
    )
    return {one.item_id: one for one in found}


def _row(
    order: WorkOrder, item_id: int | None, verdict: Verdict, now: Now, *, holds: bool = True
) -> dict[str, object]:
    return {
        "order_id": order.id,
        "item_id": item_id,
        "rule": order.evidence_rule,
        "kind": ProvenBy.MACHINE,
        "at": now.at,
        "by": "",
        "holds": holds,
        "message": verdict.message.as_json(),
        "facts": dict(verdict.facts),
        "verification_id": verdict.verification_id,
    }
