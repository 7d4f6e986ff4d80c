"""What people do with an alert: they take it, they note something."""

from datetime import datetime

from itops.db import db
from itops.models import Alert, AlertStatus
from itops.services import written
from itops.services.alerting import episodes
from itops.services.auditing import Actor, record
from itops.services.patient_screen import screen

LONGEST_NOTE = 2_000


def take(alert: Alert, *, by: Actor, at: datetime) -> None:
    """Say that somebody looks after it. Raise Refused if somebody does already, or it is over."""
    alert.move_to(AlertStatus.ACKNOWLEDGED, at=at)
    alert.acknowledged_by = by.name
    episodes.note(alert, "alert.event.taken", at=at, by=by.name)
    record("alert.taken", alert, by=by, at=at)


def note(alert: Alert, text: str, *, by: Actor, at: datetime) -> int:
    """Put somebody's words on the timeline, and return how many numbers of patients were hidden.

    Raise Invalid if there are no words, or too many.
    """
    said = screen(written.text(LONGEST_NOTE, required=True, lines=True)(text))
    episodes.note(alert, "alert.event.noted", at=at, by=by.name, text=said.text)
    db.session.flush()
    record("alert.noted", alert, by=by, at=at)
    return len(said.masked)
