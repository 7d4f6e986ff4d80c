"""What becomes of an episode: it hardens, worsens, goes quiet, comes back, and is over."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Alert, AlertEvent, AlertStatus, DeliveryKind
from itops.models.alert import STANDING
from itops.services.alerting import quieting, rules, telling
from itops.services.alerting.surroundings import Surroundings

#: A verdict that says the same as the last one is written down this often.
SEEN_EVERY = timedelta(minutes=5)


def returns(subject: str, rule: str, *, at: datetime) -> int:
    """Return how restless this has been: episodes that followed close upon each other."""
    last = db.session.execute(
        select(Alert.resolved_at, Alert.returns, Alert.opened_at)
        .where(Alert.subject == subject, Alert.rule == rule)
        .order_by(Alert.id.desc())
        .limit(1)
    ).first()
    if last is None or last.resolved_at is None or last.opened_at is None:
        return 0
    is_same = at - last.resolved_at < rules.UNREST + rules.hold(last.returns)
    return last.returns + 1 if is_same else 0


def bad(alert: Alert, finding: Finding, around: Surroundings, *, wanted: int) -> None:
    """Go on with an episode: one more bad verdict."""
    before = alert.state
    _keep(alert, finding, around.at)
    if alert.status in {AlertStatus.SOFT, AlertStatus.QUIET}:
        _harden(alert, around, wanted)
        return
    if alert.good_since_at is not None:
        alert.good_since_at = None
        alert.returns += 1
        note(alert, "alert.event.came_back", at=around.at, state=alert.state)
    elif alert.state is not before:
        note(alert, "alert.event.changed", at=around.at, state=alert.state, why=alert.message)
    if State.worst(alert.worst, alert.state) is not alert.worst:
        alert.worst = alert.state
        telling.tell(alert, DeliveryKind.PROBLEM, around)


def _keep(alert: Alert, finding: Finding, at: datetime) -> None:
    """Keep what the newest verdict says; its time only if it is news: rows are dear to write."""
    message, facts = finding.message.as_json(), dict(finding.metrics)
    is_news = (alert.state, alert.message, alert.facts) != (finding.state, message, facts)
    if is_news or alert.good_since_at or at - alert.last_seen_at >= SEEN_EVERY:
        alert.last_seen_at = at
    if is_news:
        alert.state, alert.message, alert.facts = finding.state, message, facts


def _harden(alert: Alert, around: Surroundings, wanted: int) -> None:
    """Count a bad verdict of which nobody knows; tell people when there are enough of them."""
    alert.worst = State.worst(alert.worst, alert.state)
    alert.streak += 1
    if alert.streak < wanted:
        return
    db.session.flush()
    alert.criticality = around.criticality_of(alert)
    why = quieting.reason(alert, around)
    if why is None:
        tell_of(alert, around)
    else:
        _hush(alert, why, around)
    around.note_dead(alert)


def _hush(alert: Alert, why: quieting.Reason, around: Surroundings) -> None:
    """Tell nobody. What was bad meanwhile does not count when that ends."""
    alert.streak, alert.good_since_at = 0, None
    if why is not (alert.cause or alert.quiet):
        note(alert, *quieting.said(why), at=around.at, state=alert.state)
    quieting.attach(alert, why)
    if alert.status is AlertStatus.SOFT:
        alert.move_to(AlertStatus.QUIET, at=around.at)


def tell_of(alert: Alert, around: Surroundings) -> None:
    """Open the alert: it is everybody's business now."""
    alert.move_to(AlertStatus.OPEN, at=around.at)
    quieting.attach(alert, None)
    note(alert, "alert.event.opened", at=around.at, state=alert.state, why=alert.message)
    quieting.fold(alert, around)
    telling.tell(alert, DeliveryKind.PROBLEM, around)


def well(alert: Alert, around: Surroundings, left: Message | None = None) -> Alert | None:
    """Take a good verdict; return the episode as it is now, None if nobody needs to know of it.

    What is `left` of the trouble all the same is the last that is said of it.
    """
    if around.at < alert.last_seen_at:
        return alert
    if alert.status is AlertStatus.SOFT:
        db.session.delete(alert)
        db.session.flush()
        return None
    _say_left(alert, left, around.at)
    if alert.good_since_at is None:
        alert.good_since_at = around.at
        if rules.hold(alert.returns):
            note(alert, "alert.event.well", at=around.at, state=State.OK)
    if around.at - alert.good_since_at >= rules.hold(alert.returns):
        end(alert, around)
    return alert


def _say_left(alert: Alert, left: Message | None, at: datetime) -> None:
    """Say what is left of the trouble though it is over, or that by now nothing is."""
    if left is not None:
        if alert.good_since_at is None:
            note(alert, left.key, dict(left.params), at=at, state=State.OK)
        alert.message = left.as_json()
    elif alert.message["key"] == rules.STILL_SILENT:
        alert.message = Message("alert.well_again").as_json()


def end(alert: Alert, around: Surroundings, key: str = "alert.event.resolved") -> None:
    """Let the episode be over; whoever was told of it is told so once."""
    was_known = alert.status in STANDING
    alert.move_to(AlertStatus.RESOLVED, at=around.at)
    note(alert, key, at=around.at, state=State.OK)
    if was_known:
        telling.tell(alert, DeliveryKind.RECOVERY, around)
    db.session.flush()


def note(
    alert: Alert,
    key: str,
    params: dict[str, Any] | None = None,
    *,
    at: datetime,
    by: str = "",
    state: State | None = None,
    **more: Any,
) -> None:
    """Put what happened on the timeline: a message key and what its sentence needs."""
    given = {**(params or {}), **more}
    db.session.add(AlertEvent(alert_id=alert.id, at=at, by=by, state=state, key=key, params=given))
