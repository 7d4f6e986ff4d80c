"""The log of messages: what was sent to whom, when, and what the other side said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Refused
from itops.models import Alert, Delivery, DeliveryState, Outbox
from itops.services.alerting import telling
from itops.services.auditing import Actor, record

PAGE = 50
#: What a person may have sent again: nobody knows that it got there, or it did not.
AGAIN = (DeliveryState.PERHAPS, DeliveryState.FAILED)


def page(
    *, state: DeliveryState | None = None, channel_id: int | None = None, before: int = 0
) -> list[Delivery]:
    """Return one delivery more than a page holds, the newest first, older than `before`."""
    statement = _with_people(select(Delivery).join(Delivery.outbox))
    if state is not None:
        statement = statement.where(Delivery.state == state)
    if channel_id is not None:
        statement = statement.where(Outbox.channel_id == channel_id)
    if before:
        statement = statement.where(Delivery.id < before)
    return list(db.session.scalars(statement.order_by(Delivery.id.desc()).limit(PAGE + 1)))


def of_alert(alert: Alert) -> Sequence[Delivery]:
    """Return whom an alert was told to."""
    statement = _with_people(select(Delivery)).where(Delivery.alert_id == alert.id)
    return list(db.session.scalars(statement.order_by(Delivery.id).limit(PAGE)))


def newest(channel_id: int, count: int) -> Sequence[Delivery]:
    """Return the last messages of a channel."""
    return page(channel_id=channel_id)[:count]


def counts() -> dict[str, int]:
    """Return how many deliveries there are in each state."""
    rows = db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
    return {state.value: 0 for state in DeliveryState} | {state.value: n for state, n in rows}


def send_again(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Send what may not have got there once more, because a person wants it so."""
    if delivery.state not in AGAIN:
        raise Refused("delivery.not_again")
    delivery.state, delivery.created_at = DeliveryState.WAITING, at
    db.session.flush()
    telling.hurry(delivery.outbox, at=at)
    record("delivery.sent_again", delivery, by=by, at=at)


def _with_people(statement: Select[Delivery]) -> Select[Delivery]:
    return statement.options(
        joinedload(Delivery.outbox).options(joinedload(Outbox.channel), joinedload(Outbox.user)),
        joinedload(Delivery.alert),
    )
