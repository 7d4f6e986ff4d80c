"""Telling those who watch over alerts what checks have found, in the transaction of the results.

Nobody answered: that is a rule of its own, because what stands on the machine can't answer either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Alert, Check
from itops.services.alerting import rules
from itops.services.alerting.signals import Signal, signal_all
from itops.services.alerting.subjects import Subject, of_check

#: The machine itself can't be reached.
SILENT = "ping"


@dataclass(frozen=True)
class Told:
    """A finding, and whether anybody answered."""

    check_id: int
    finding: Finding
    is_answering: bool

    @property
    def is_bad(self) -> bool:
        return self.finding.state is not State.OK


def tell(found: Sequence[Told], *, at: datetime) -> None:
    """Signal what is bad, and what is well of checks about which there is an alert."""
    standing = _with_alerts([one.check_id for one in found])
    meant = [one for one in found if one.is_bad or one.check_id in standing]
    if meant:
        subjects = _subjects([one.check_id for one in meant])
        signals = [
            signal
            for one in meant
            if one.check_id in subjects
            for signal in _signals(subjects[one.check_id], one)
        ]
        signal_all(signals, at=at)


def _signals(subject: Subject, one: Told) -> list[Signal]:
    """Return what one verdict says: of a silent machine nothing but that it is silent."""
    if not one.is_answering:
        return [Signal(subject, SILENT, one.finding)]
    heard = Finding(SILENT, State.OK, Message("check_state.answers"))
    return [Signal(subject, SILENT, heard), Signal(subject, rules.CHECK, one.finding)]


def _with_alerts(ids: Sequence[int]) -> set[int]:
    standing = select(Alert.check_id).where(Alert.check_id.in_(ids), Alert.open_key.is_not(None))
    return {check_id for check_id in db.session.scalars(standing) if check_id is not None}


def _subjects(ids: Sequence[int]) -> Mapping[int, Subject]:
    checks = db.session.scalars(
        select(Check)
        .where(Check.id.in_(ids))
        .options(joinedload(Check.asset), joinedload(Check.module))
    )
    return {check.id: of_check(check) for check in checks}
