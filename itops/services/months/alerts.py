"""Alerts of a month: how many opened, and how soon somebody took each."""

from dataclasses import dataclass
from statistics import median
from types import MappingProxyType

from sqlalchemy import ColumnElement, case, extract, func, select

from itops.checks.base import State
from itops.db import db
from itops.models import Alert, AlertStatus
from itops.services.months.period import Look
from itops.services.months.tickets import Conditions


@dataclass(frozen=True)
class AlertFigures:
    """The month's alerts. Seconds are from opening to acknowledgement: half took less, at most."""

    opened: int
    critical: int
    acknowledged: int
    over_unseen: int
    still_open: int
    median_seconds: float | None
    longest_seconds: float | None


def opened_in(look: Look) -> list[ColumnElement[bool]]:
    """Return what is true of the month's alerts: those that people were to be told of."""
    return [Alert.opened_at >= look.start, Alert.opened_at < look.end, look.within(Alert)]


def conditions() -> Conditions:
    """Return what is true of the alerts behind each figure, besides being of the month."""
    nobody = Alert.acknowledged_at.is_(None)
    return MappingProxyType(
        {
            "alerts": Alert.id.is_not(None),
            "critical_alerts": Alert.worst == State.CRITICAL,
            "acknowledged": Alert.acknowledged_at.is_not(None),
            "over_unseen": nobody & Alert.resolved_at.is_not(None),
            "alerts_still_open": Alert.status.in_((AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)),
        }
    )


def figures(look: Look) -> AlertFigures:
    """Return the month's alerts. Two queries."""
    counted = [func.sum(case((true, 1), else_=0)) for true in conditions().values()]
    row = db.session.execute(select(*counted).where(*opened_in(look))).one()
    waits = db.session.scalars(
        select(extract("epoch", Alert.acknowledged_at) - extract("epoch", Alert.opened_at)).where(
            *opened_in(look), Alert.acknowledged_at.is_not(None)
        )
    ).all()
    seconds = [max(0.0, float(wait)) for wait in waits]
    opened, critical, acknowledged, unseen, still_open = (int(one or 0) for one in row)
    return AlertFigures(
        opened,
        critical,
        acknowledged,
        unseen,
        still_open,
        median(seconds) if seconds else None,
        max(seconds, default=None),
    )
