"""How much of a work order its reader sees: all of it, or the machines that open it to them.

Who reaches an order by its place, its device or its module sees all of it. Who reaches it only
because machines of it are named to them (ADR 21) sees the order, those machines with what was
answered, found and proved of them, and how many others there are. Of these, nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import aliased

from itops.db import db
from itops.models import Asset, Evidence, WorkOrder, WorkOrderEvent, WorkOrderItem
from itops.services.scoping import Within, in_reach

#: Lines of the timeline that tell of the order and nothing of a machine, nor hold words of people.
OF_THE_ORDER = (
    "order.event.created",
    "order.event.assigned",
    "order.event.unassigned",
    "order.event.done_machine",
    "order.event.done_person",
)


def orders(within: Within) -> ColumnElement[bool]:
    """Return what is true of the orders that a person reaches, whole or by a machine."""
    reached = _whole(within, WorkOrder)
    if not _is_by_name(within):
        return reached
    over = select(WorkOrderItem.order_id).where(WorkOrderItem.asset_id.in_(within.asset_ids))
    return or_(reached, WorkOrder.id.in_(over))


def items(within: Within) -> ColumnElement[bool]:
    """Return what is true of the machines that a person sees, of orders that they reach."""
    if not _is_by_name(within):
        return true()
    return or_(
        _is_of_whole(WorkOrderItem, within), WorkOrderItem.asset_id.in_(_own_machines(within))
    )


def evidence(within: Within) -> ColumnElement[bool]:
    """Return what is true of the proof that a person sees, of orders that they reach."""
    if not _is_by_name(within):
        return true()
    own = select(WorkOrderItem.id).where(WorkOrderItem.asset_id.in_(_own_machines(within)))
    return or_(_is_of_whole(Evidence, within), Evidence.item_id.in_(own))


def events(order: WorkOrder, within: Within) -> ColumnElement[bool]:
    """Return what is true of the lines of an order's timeline that a person sees.

    Words that people wrote of the order as a whole may tell of any of its machines.
    """
    if not is_partial(order, within):
        return true()
    tags = (
        select(Asset.tag)
        .join(WorkOrderItem, WorkOrderItem.asset_id == Asset.id)
        .where(WorkOrderItem.order_id == order.id, Asset.id.in_(_own_machines(within)))
    )
    named = WorkOrderEvent.params["tag"].as_string()
    return or_(WorkOrderEvent.key.in_(OF_THE_ORDER), named.in_(tags))


def shows(order: WorkOrder, evidence_id: int | None, within: Within) -> bool:
    """Whether a person sees what came with this proof of an order; None: with none."""
    if evidence_id is None:
        return not is_partial(order, within)
    wanted = select(Evidence.id).where(Evidence.id == evidence_id, evidence(within))
    return db.session.scalar(wanted) is not None


def is_partial(order: WorkOrder, within: Within) -> bool:
    """Whether a person reaches an order by some of its machines only. A query for guests alone."""
    if not _is_by_name(within):
        return False
    covers = within.covers(
        site_id=order.site_id,
        department_id=order.department_id,
        asset_id=order.asset_id,
        module_id=order.module_id,
    )
    return not covers and _has_others(order, within)


def _has_others(order: WorkOrder, within: Within) -> bool:
    others = select(WorkOrderItem.id).where(
        WorkOrderItem.order_id == order.id, WorkOrderItem.asset_id.not_in(_own_machines(within))
    )
    return db.session.scalar(others.limit(1)) is not None


def _is_by_name(within: Within) -> bool:
    """Whether machines are named to a person: all others reach no order but as a whole."""
    return bool(within.asset_ids) and not within.everywhere


def _whole(within: Within, order: type[WorkOrder]) -> ColumnElement[bool]:
    return in_reach(within, order.site_id, order.department_id, order.asset_id, order.module_id)


def _is_of_whole(part: type[WorkOrderItem] | type[Evidence], within: Within) -> ColumnElement[bool]:
    """Return what is true of parts of orders that a person reaches as a whole."""
    order = aliased(WorkOrder)
    seen = and_(order.id == part.order_id, _whole(within, order))
    return select(order.id).where(seen).correlate(part).exists()


def _own_machines(within: Within) -> Any:
    return select(Asset.id).where(in_reach(within, Asset.site_id, Asset.department_id, Asset.id))
