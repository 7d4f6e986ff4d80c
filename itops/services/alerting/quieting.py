"""Why nobody is told of an alert for now: its cause is known, or it was announced or silenced.

It suppresses the opening of alerts, never the measuring and never the end of one.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.errors import Message
from itops.i18n import in_both
from itops.models import Alert, Quiet
from itops.models.alert import STANDING
from itops.services.alerting.rules import rule_of
from itops.services.alerting.subjects import is_building
from itops.services.alerting.surroundings import Surroundings, nodes_of, places_of

Reason = Alert | Quiet


def reason(alert: Alert, around: Surroundings) -> Reason | None:
    """Return why an alert is kept quiet at this moment; None: there is no reason."""
    for quiet in around.quiets:
        if covers(quiet, alert, around):
            return quiet
    return around.cause_of(alert)


def covers(quiet: Quiet, alert: Alert, around: Surroundings) -> bool:
    """Whether a planned stop or silence holds for an alert: all that it names must fit.

    What stands on a stopped thing is covered too.
    """
    if quiet.subject:
        return quiet.subject == alert.subject and quiet.rule in {"", alert.rule}
    if not around.is_within(alert.site_id, quiet.site_id):
        return False
    if quiet.type_key and around.type_of(alert.asset_id) != quiet.type_key:
        return False
    named = set(nodes_of(quiet))
    own = set(nodes_of(alert))
    return not named or bool(named & (own | around.below(own)))


def attach(alert: Alert, why: Reason | None) -> None:
    """Keep with the alert what keeps it quiet now."""
    cause = why if isinstance(why, Alert) else None
    alert.cause, alert.cause_id = cause, cause.id if cause else None
    quiet = why if isinstance(why, Quiet) else None
    alert.quiet, alert.quiet_id = quiet, quiet.id if quiet else None


def said(why: Reason) -> tuple[str, dict[str, Any]]:
    """Return the line of the timeline for a reason: its key and parameters, as they are stored."""
    stored = as_message(why).as_json()
    return stored["key"], stored["params"]


def as_message(why: Reason) -> Message:
    """Return a reason as a message."""
    if isinstance(why, Alert):
        cause = in_both(why.subject_name, why.subject_name_en)
        return Message("alert.event.has_cause", {"cause": cause})
    return Message(f"alert.event.{why.kind}", {"reason": why.reason, "by": why.created_by})


def ended_at(alert: Alert) -> datetime | None:
    """Return when what kept an alert quiet ended; None while nobody knows that it did."""
    if alert.quiet is not None:
        return alert.quiet.ends_at
    return alert.cause.resolved_at if alert.cause is not None else alert.last_seen_at


def fold(cause: Alert, around: Surroundings) -> None:
    """Put alerts that are open already under the cause that has only now become known."""
    if not rule_of(cause.rule).is_dead:
        return
    places = places_of(cause)
    own = {place for place in places if not isinstance(place, str)}
    upper, in_building = around.above(own), is_building(cause.subject)
    # What is open at a moment is some hundred rows; of them, few have no cause.
    open_ones = db.session.scalars(
        select(Alert).where(
            Alert.status.in_(STANDING), Alert.cause_id.is_(None), Alert.id != cause.id
        )
    ).all()
    around.expect(open_ones)
    for alert in open_ones:
        nodes = set() if alert.subject == cause.subject else set(nodes_of(alert))
        # Of the dead thing itself: what else is measured there. What is dead too came first.
        stands_on_it = nodes & upper or (nodes & own and not rule_of(alert.rule).is_dead)
        is_there = cause.subject in around.places_around(alert, with_building=in_building)
        is_lost = is_there and alert.subject != cause.subject and not around.is_alive(alert)
        if stands_on_it or is_lost:
            alert.cause, alert.cause_id = cause, cause.id
