"""What time alone does to alerts: quiet ends, and what has been well for long enough is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from itops.config import Settings
from itops.db import db
from itops.models import Alert, AlertStatus, Delivery, DeliveryState, Outbox
from itops.models.alert import HARD
from itops.services.alerting import episodes, quieting, rules
from itops.services.alerting.surroundings import Surroundings

#: When the reason to keep quiet is gone, whoever measures has so long to say how it is now.
AFTER_QUIET = timedelta(minutes=10)
TOGETHER = 100


def settle(at: datetime, _settings: Settings) -> Iterator[None]:
    """Look at each alert that is not over, and at outboxes that somebody forgot."""
    _remind(at)
    yield
    ids = list(db.session.scalars(select(Alert.id).where(Alert.status.in_(HARD))))
    for start in range(0, len(ids), TOGETHER):
        around = Surroundings(at)
        some = _alerts(ids[start : start + TOGETHER])
        around.expect(some)
        for alert in some:
            _settle(alert, around)
        yield


def _alerts(ids: list[int]) -> list[Alert]:
    statement = select(Alert).where(Alert.id.in_(ids), Alert.status.in_(HARD)).order_by(Alert.id)
    loaded = statement.options(joinedload(Alert.quiet), joinedload(Alert.cause))
    locked = loaded.with_for_update(of=Alert).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def _settle(alert: Alert, around: Surroundings) -> None:
    if alert.good_since_at is not None:
        if around.at - alert.good_since_at >= rules.hold(alert.returns):
            episodes.end(alert, around)
        return
    if alert.status is AlertStatus.QUIET and quieting.reason(alert, around) is None:
        ended = quieting.ended_at(alert)
        if ended is not None and around.at - ended >= AFTER_QUIET:
            episodes.tell_of(alert, around)


def _remind(at: datetime) -> None:
    """Empty outboxes in which something waits, though they are not due."""
    waits = select(Delivery.outbox_id).where(Delivery.state == DeliveryState.WAITING)
    db.session.execute(
        update(Outbox)
        .where(Outbox.due_at.is_(None), Outbox.id.in_(waits))
        .values(due_at=at)
        .execution_options(synchronize_session=False)
    )
