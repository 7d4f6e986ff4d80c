"""A restore test that people made by hand and sign: for databases that can't be restored here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from itops.checks.base import Finding, State
from itops.errors import FieldError, Invalid, Message
from itops.models import BackupJob, Verification, VerificationLevel
from itops.models.backup import SIGNED_BY
from itops.services import auditing, written
from itops.services.auditing import Actor
from itops.services.backups import judging, proving
from itops.services.modules.facts import minutes
from itops.services.patient_screen import screen

LONGEST = 1000


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a person says of a restore test: when, whether all came back, in how long, and how."""

    restored_on: date
    came_back: bool
    rto_minutes: int
    how: str


def _needed(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def needed(typed: str) -> Any:
        found = read(typed)
        if not found:
            raise Invalid("written.required")
        return found

    return needed


READERS: Mapping[str, Callable[[str], Any]] = {
    "restored_on": _needed(written.day),
    "came_back": lambda typed: _needed(written.plain)(typed) == "yes",
    "rto_minutes": _needed(minutes),
    "how": written.text(LONGEST, required=True, lines=True),
}


def parse(typed: Mapping[str, str]) -> Signed:
    """Given the texts of a form, return what is said. Raise Invalid with every wrong field."""
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for name, read in READERS.items():
        try:
            values[name] = read(typed.get(name, ""))
        except Invalid as error:
            wrong.append(FieldError(name, error.message))
    if wrong:
        raise Invalid.many(wrong)
    return Signed(**values)


def sign(job: BackupJob, said: Signed, *, zone: ZoneInfo, by: Actor, at: datetime) -> Verification:
    """Write the record of a restore test that `by` signs, and judge the backup anew.

    Raise Invalid for a day that is to come, or before that of a test which is known already.
    """
    last = judging.newest(job).get(VerificationLevel.RESTORE_TEST)
    if said.restored_on > at.astimezone(zone).date():
        raise Invalid("backup.signed.to_come", field="restored_on")
    if last is not None and said.restored_on < last.at.astimezone(zone).date():
        raise Invalid("backup.signed.older", field="restored_on")
    key = "backup.restore.signed_ok" if said.came_back else "backup.restore.signed_bad"
    state = State.OK if said.came_back else State.CRITICAL
    made = judging.write(
        job,
        VerificationLevel.RESTORE_TEST,
        Finding(VerificationLevel.RESTORE_TEST, state, Message(key, {"name": by.name})),
        run=None,
        at=min(at, datetime.combine(said.restored_on, time(12), zone)),
        facts={
            SIGNED_BY: by.name,
            "how": screen(said.how).text[:LONGEST],
            "measured_rto_seconds": said.rto_minutes * 60,
        },
        ordered_by=by.name,
    )
    judging.judge(job, at=at)
    proving.tell(job, at=at)
    auditing.record("backup.restore_signed", job, by=by, at=at, after={"record": made.id})
    return made
