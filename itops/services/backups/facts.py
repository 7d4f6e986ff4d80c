"""What a person states of a backup job, parsed from the texts of a form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

from itops.checks.backups import assertions
from itops.errors import FieldError, Invalid
from itops.models import BackupJob, BackupKind, SeenBy
from itops.services import written
from itops.services.modules.facts import minutes

#: By class of the hospital's rule: how often (minutes), and after how many days a restore test is
#: too old. Class 1 daily, 2 every three days, 3 weekly; drills 90, 180 and 365 days.
CLASSES = {1: (1440, 90), 2: (4320, 180), 3: (10080, 365)}
MOST_GRACE = 7 * 1440


@dataclass(frozen=True, kw_only=True)
class BackupFacts:
    """Everything about a backup job that people write; the names are its columns."""

    name: str
    name_en: str
    module_id: int
    kind: BackupKind
    seen_by: SeenBy
    place: str
    path: str
    check_id: int | None
    backup_class: int
    every_minutes: int
    grace_minutes: int
    rpo_minutes: int | None
    rto_minutes: int | None
    restore_test_days: int
    assertions: list[Any]
    is_off_site: bool


def backup_class(typed: str) -> int:
    found = written.plain(typed) or "1"
    if found not in {str(one) for one in CLASSES}:
        raise Invalid("written.choice")
    return int(found)


def whole(low: int, high: int) -> Callable[[str], int | None]:
    """Return a reader of a number; nothing means: as the class says."""

    def read(typed: str) -> int | None:
        found = written.plain(typed)
        if not found:
            return None
        is_number = found.isascii() and found.isdigit() and len(found) < 10
        if not is_number or not low <= int(found) <= high:
            raise Invalid("backup.number_wrong", low=low, high=high)
        return int(found)

    return read


def pattern(typed: str) -> str:
    """Read a pattern of files: a whole path whose last part alone may hold * and ?."""
    found = written.text(1000)(typed)
    if not found:
        return ""
    path = PurePosixPath(found)
    is_wild = any(sign in str(path.parent) for sign in "*?[")
    if not path.is_absolute() or is_wild or ".." in path.parts or not path.name:
        raise Invalid("backup.path_wrong")
    return str(path)


READERS: dict[str, Callable[[str], Any]] = {
    "name": written.text(120, required=True),
    "name_en": written.text(120),
    "module_id": written.needed_id,
    "kind": written.choice(BackupKind, BackupKind.POSTGRESQL),
    "seen_by": written.choice(SeenBy, SeenBy.HEARTBEAT),
    "place": written.text(255),
    "path": pattern,
    "check_id": written.row_id,
    "backup_class": backup_class,
    "every_minutes": minutes,
    "grace_minutes": minutes,
    "rpo_minutes": minutes,
    "rto_minutes": minutes,
    "restore_test_days": whole(1, 730),
    "assertions": lambda typed: [one.as_json() for one in assertions.parse(typed)],
    "is_off_site": lambda typed: typed == "yes",
}


def parse(typed: Mapping[str, str]) -> BackupFacts:
    """Given the texts of a form, return the facts. Raise Invalid with every field that is wrong."""
    values, wrong = written.read_all(READERS, typed)
    wrong += _missing(values)
    if wrong:
        raise Invalid.many(wrong)
    return BackupFacts(**_filled(values))


def typed_of(job: BackupJob) -> dict[str, str]:
    """Return the texts from which `parse` reads a job's facts again."""
    typed = {name: _as_typed(getattr(job, name)) for name in READERS}
    lines = [one.text for one in assertions.from_json(job.assertions)]
    return typed | {"assertions": "\n".join(lines)}


def facts_of(job: BackupJob) -> BackupFacts:
    """Return what is stated of a job now."""
    return BackupFacts(**{one.name: getattr(job, one.name) for one in fields(BackupFacts)})


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _missing(values: Mapping[str, Any]) -> list[FieldError]:
    """Return what the way of seeing needs and was not given."""
    seen_by, needed = values.get("seen_by"), Invalid("written.required").message
    if seen_by is SeenBy.LOCAL and values.get("path") == "":
        return [FieldError("path", needed)]
    if seen_by is SeenBy.SSH and "check_id" in values and values["check_id"] is None:
        return [FieldError("check_id", needed)]
    if values.get("kind") is BackupKind.ITOPS:
        return [FieldError("kind", Invalid("written.choice").message)]
    return []


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with what the class says where nothing was written."""
    every, days = CLASSES[values["backup_class"]]
    filled = dict(values)
    filled["every_minutes"] = values["every_minutes"] or every
    filled["grace_minutes"] = min(
        60 if values["grace_minutes"] is None else values["grace_minutes"], MOST_GRACE
    )
    filled["restore_test_days"] = values["restore_test_days"] or days
    return filled
