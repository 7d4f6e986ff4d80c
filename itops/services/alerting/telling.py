"""Telling people: which message goes into whose outbox, once for each person and episode."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager, joinedload

from itops.checks.base import State
from itops.db import db
from itops.models import (
    Alert,
    Channel,
    ChannelKind,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outbox,
    Subscription,
    User,
)
from itops.services.alerting.readers import may_read
from itops.services.alerting.rules import CHANNEL
from itops.services.alerting.surroundings import CRITICALITIES, Surroundings
from itops.services.engine import waking

#: What happens within this time is told in one message.
PATIENCE = timedelta(seconds=5)
#: A problem in one of these states is known, or may be, to whom it was for.
KNOWN = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.PERHAPS)


def tell(alert: Alert, kind: DeliveryKind, around: Surroundings) -> None:
    """Put a message of this kind into the outbox of everybody whom the alert concerns.

    Nobody is ever told of the demo's alerts: they are there to be looked at.
    """
    if alert.is_demo:
        return
    db.session.flush()
    if kind is DeliveryKind.RECOVERY:
        _tell_who_knows(alert, around.at)
        return
    for subscription in _subscriptions(alert):
        if _wants(subscription, alert, around):
            put(alert, kind, outbox_of(subscription), at=around.at)


def put(alert: Alert | None, kind: DeliveryKind, outbox: Outbox, *, at: datetime) -> None:
    """Put one message into an outbox, unless the very same is or was there."""
    about = alert.id if alert is not None else f"{at.timestamp():.6f}"
    row = {
        "once_key": f"{kind} {about} {outbox.id}",
        "kind": kind,
        "alert_id": alert.id if alert is not None else None,
        "outbox_id": outbox.id,
        "recipient": address_of(outbox),
        "state": DeliveryState.WAITING,
        "created_at": at,
        "attempts": 0,
    }
    made = db.session.connection().execute(_insert(Delivery).values(**row).on_conflict_do_nothing())
    if made.rowcount:
        make_due(outbox, at=at)


def make_due(outbox: Outbox, *, at: datetime) -> None:
    """Let an outbox be emptied soon; one that fails keeps the time of its next try."""
    soon = at + PATIENCE
    is_later = or_(Outbox.due_at.is_(None), and_(Outbox.due_at > soon, Outbox.failures == 0))
    # Always written, so that it waits for whoever empties the outbox just now.
    db.session.execute(
        update(Outbox)
        .where(Outbox.id == outbox.id)
        .values(due_at=case((is_later, soon), else_=Outbox.due_at))
        .execution_options(synchronize_session=False)
    )
    waking.wake()


def hurry(outbox: Outbox, *, at: datetime) -> None:
    """Empty an outbox at once: a person waits for it."""
    db.session.execute(
        update(Outbox)
        .where(Outbox.id == outbox.id)
        .values(due_at=at, failures=0)
        .execution_options(synchronize_session=False)
    )
    waking.wake()


def outbox_of(subscription: Subscription) -> Outbox:
    """Return the outbox of a subscription's person (or group) on its channel; made when needed."""
    return outbox_for(subscription.channel_id, subscription.user_id)


def outbox_for(channel_id: int, user_id: int | None) -> Outbox:
    """Return the outbox of a person on a channel; of its group without a person."""
    key = f"{channel_id} {user_id or 'group'}"
    found = db.session.scalar(select(Outbox).where(Outbox.once_key == key))
    if found is not None:
        return found
    row = {"once_key": key, "channel_id": channel_id, "user_id": user_id}
    filled = row | {"starts": 0, "failures": 0}
    db.session.execute(_insert(Outbox).values(**filled).on_conflict_do_nothing())
    return db.session.scalars(select(Outbox).where(Outbox.once_key == key)).one()


def address_of(outbox: Outbox) -> str:
    """Return where a message goes, as the log keeps it; a group's address is the channel's."""
    return outbox.user.email if outbox.user is not None else ""


def _insert(model: type[Delivery | Outbox]) -> postgresql.Insert | sqlite.Insert:
    is_postgresql = db.engine.dialect.name == "postgresql"
    return postgresql.insert(model) if is_postgresql else sqlite.insert(model)


def _tell_who_knows(alert: Alert, at: datetime) -> None:
    """Who was told of the trouble is told that it is over; who was not needs no second message."""
    known = db.session.scalars(
        select(Outbox)
        .join(Delivery, Delivery.outbox_id == Outbox.id)
        .where(
            Delivery.alert_id == alert.id,
            Delivery.kind == DeliveryKind.PROBLEM,
            Delivery.state.in_(KNOWN),
        )
        .options(joinedload(Outbox.user))
    )
    for outbox in known.unique().all():
        put(alert, DeliveryKind.RECOVERY, outbox, at=at)


def _subscriptions(alert: Alert) -> list[Subscription]:
    """Return the subscriptions that may concern an alert, with their people and roles."""
    statement = (
        select(Subscription)
        .join(Subscription.channel)
        .outerjoin(Subscription.user)
        .where(Channel.is_enabled, *_elsewhere(alert))
        .options(
            contains_eager(Subscription.channel),
            contains_eager(Subscription.user).selectinload(User.grants),
        )
        .order_by(Subscription.id)
    )
    return list(db.session.scalars(statement))


def _elsewhere(alert: Alert) -> list[ColumnElement[bool]]:
    """Leave out the channel that is dead itself."""
    if alert.rule != CHANNEL:
        return []
    return [Subscription.channel_id != int(alert.subject.partition(":")[2])]


def _wants(subscription: Subscription, alert: Alert, around: Surroundings) -> bool:
    user = subscription.user
    if user is None and subscription.user_id is None:
        may = True
    else:
        may = user is not None and may_read(user, alert, around)
    if alert.rule == CHANNEL:
        return may
    order = list(State)
    return (
        may
        and around.is_within(alert.site_id, subscription.site_id)
        and order.index(alert.worst) >= order.index(subscription.from_state)
        and CRITICALITIES.index(alert.criticality)
        >= CRITICALITIES.index(subscription.from_criticality)
        and (user is None or bool(user.email) or subscription.channel.kind is not ChannelKind.MAIL)
    )
