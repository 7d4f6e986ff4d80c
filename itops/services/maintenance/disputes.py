"""A person says done, a machine says otherwise: raised as an alert, and over once cleared up."""

from datetime import datetime

from itops.checks.base import Finding, State
from itops.errors import Message
from itops.models import WorkOrder
from itops.services.alerting import signals
from itops.services.alerting.subjects import Subject

RULE = "order"


def tell(order: WorkOrder, says: Message, *, by: str, at: datetime) -> None:
    """Raise that what `by` signed is not what a machine saw."""
    words = Message("evidence.disputed", {"number": order.number, "name": by, "says": says})
    signals.signal(_subject(order), RULE, Finding(RULE, State.WARNING, words), at=at)


def end(order: WorkOrder, *, at: datetime) -> None:
    """Say that it is over: proven after all, settled, or cancelled."""
    signals.withdraw(_subject(order).key, at=at)


def _subject(order: WorkOrder) -> Subject:
    return Subject(
        key=f"order:{order.id}",
        name=f"{order.number} {order.name}",
        name_en=f"{order.number} {order.name_en or order.name}",
        site_id=order.site_id,
        department_id=order.department_id,
        asset_id=order.asset_id,
        module_id=order.module_id,
        is_demo=order.is_demo,
    )
