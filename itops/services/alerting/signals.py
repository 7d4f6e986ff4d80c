"""Signals: each verdict that may matter, from whoever measured, in the measurer's transaction.

A bad one begins an episode or goes on with it, a good one ends it. Which episode there is stands in
a unique column of the database, so that two measurers at a time can't begin two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite

from itops.checks.base import Finding
from itops.db import db
from itops.errors import Message
from itops.models import Alert, AlertStatus
from itops.services.alerting import episodes, rules
from itops.services.alerting.subjects import Subject
from itops.services.alerting.surroundings import Surroundings

#: Keys that are looked up in one question.
TOGETHER = 400


@dataclass(frozen=True)
class Signal:
    """A verdict on a subject by a rule."""

    subject: Subject
    rule: str
    finding: Finding
    #: Since when it is so, where that is known; it begins the episode.
    since: datetime | None = None
    #: What of the trouble is left though the verdict is good.
    left: Message | None = None

    @property
    def key(self) -> str:
        return f"{self.subject.key} {rules.fitted(self.rule)}"

    @property
    def is_bad(self) -> bool:
        return self.finding.counts and rules.is_bad(self.finding.state, rules.rule_of(self.rule))

    @property
    def wanted(self) -> int:
        """How many bad verdicts in a row make an alert."""
        return self.subject.attempts or rules.rule_of(self.rule).attempts


def signal(subject: Subject, rule: str, finding: Finding, *, at: datetime) -> Alert | None:
    """Take a verdict as of `at`; return its episode, if there is one now."""
    return signal_all([Signal(subject, rule, finding)], at=at)[0]


def signal_all(signals: Sequence[Signal], *, at: datetime) -> list[Alert | None]:
    """Take several verdicts in one go; as `signal`, in their order. The caller commits."""
    known = _standing({each.key for each in signals})
    around = Surroundings(at)
    around.expect(each.subject for each in signals)
    found = []
    for each in signals:
        alert = _taken(each, known.get(each.key), around)
        if alert is None or alert.is_over:
            known.pop(each.key, None)
        else:
            known[each.key] = alert
        found.append(alert)
    return found


def withdraw(subject_key: str, *, at: datetime) -> None:
    """End what there is of a subject that nobody looks after any more."""
    around = Surroundings(at)
    standing = select(Alert).where(Alert.subject == subject_key, Alert.open_key.is_not(None))
    for alert in db.session.scalars(standing.with_for_update()):
        episodes.end(alert, around, "alert.event.withdrawn")


def _taken(given: Signal, alert: Alert | None, around: Surroundings) -> Alert | None:
    if not given.is_bad:
        return episodes.well(alert, around, given.left) if alert is not None else None
    if alert is None:
        alert = _begun(given, around.at)
    if around.at >= alert.last_seen_at:
        episodes.bad(alert, given.finding, around, wanted=given.wanted)
    return alert


def _standing(keys: set[str]) -> dict[str, Alert]:
    """Return the episodes that are not over, by their key; nobody else changes them meanwhile."""
    ordered, found = sorted(keys), {}
    for start in range(0, len(ordered), TOGETHER):
        for alert in db.session.scalars(_by_keys(ordered[start : start + TOGETHER])):
            found[alert.open_key or ""] = alert
    return found


def _by_keys(keys: list[str]) -> Select[Alert]:
    statement = select(Alert).where(Alert.open_key.in_(keys)).order_by(Alert.id)
    return statement.with_for_update().execution_options(populate_existing=True)


def _begun(given: Signal, at: datetime) -> Alert:
    """Return the new episode, or the one that somebody else has just begun."""
    subject, rule = given.subject, rules.fitted(given.rule)
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = {
        "subject": subject.key,
        "rule": rule,
        "open_key": given.key,
        "status": AlertStatus.SOFT,
        "state": given.finding.state,
        "worst": given.finding.state,
        "subject_name": subject.name[:255],
        "subject_name_en": subject.name_en[:255],
        "criticality": subject.criticality,
        "message": given.finding.message.as_json(),
        "facts": dict(given.finding.metrics),
        "site_id": subject.site_id,
        "department_id": subject.department_id,
        "host_id": subject.host_id,
        "asset_id": subject.asset_id,
        "module_id": subject.module_id,
        "check_id": subject.check_id,
        "backup_job_id": subject.backup_job_id,
        # The verdict that is at hand is counted next.
        "streak": 0,
        "first_seen_at": min(given.since or at, at),
        "last_seen_at": at,
        "acknowledged_by": "",
        "returns": episodes.returns(subject.key, rule, at=at),
        "is_demo": subject.is_demo,
    }
    db.session.flush()
    db.session.execute(insert(Alert).values(**row).on_conflict_do_nothing())
    return db.session.scalars(_by_keys([given.key])).one()
