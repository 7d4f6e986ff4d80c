"""What others learn of a verdict on a backup: the alert, and the work order that it proves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itops.checks.base import Finding, State
from itops.errors import Message
from itops.models import BackupJob, Check
from itops.services import installation
from itops.services.alerting import rules, signals, subjects
from itops.services.backups import judging
from itops.services.history.reading import read_check
from itops.services.maintenance import evidence
from itops.services.maintenance.days import Now

#: What is found of these is for the day's work, unless it is critical.
DUTIES = (judging.RESTORE_TEST, judging.PLACE)
#: The check of files: how old the newest is, and how large.
AGE, SIZE = "file.age_seconds", "file.size_bytes"


def tell(job: BackupJob, *, at: datetime) -> None:
    """Tell whoever waits for a new verdict, in its transaction: the alerts, and work orders."""
    finding = _worth_an_alert(job)
    signals.signal(subjects.of_backup_job(job), rules.BACKUP, finding, at=at)
    if job.module_id is not None:
        zone = ZoneInfo(installation.settings().time_zone)
        evidence.offer("verified_backup", module_id=job.module_id, now=Now(at, zone))


def _worth_an_alert(job: BackupJob) -> Finding:
    """Return the worst finding; what is a duty (to restore it, to keep it apart) wakes nobody."""
    found = [_read(one) for one in judging.ordered(job.findings)]
    loud = [one for one in found if one.name not in DUTIES or one.state is State.CRITICAL]
    return loud[0] if loud else Finding("freshness", State.UNKNOWN, Message("backup.fresh.never"))


def _read(stored: Mapping[str, Any]) -> Finding:
    return Finding(stored["name"], State(stored["state"]), Message.from_json(stored["message"]))


def seen_over_ssh(job: BackupJob, *, at: datetime) -> tuple[datetime, int] | None:
    """Return when the newest file was changed and its size, as the job's check saw it last."""
    check = job.check
    if check is None or check.checked_at is None or check.shown(at).reason is not None:
        return None
    age, size = (_last(check, metric, at=at) for metric in (AGE, SIZE))
    if age is None or size is None:
        return None
    return check.checked_at - timedelta(seconds=age), int(size)


def _last(check: Check, metric: str, *, at: datetime) -> float | None:
    since = at - timedelta(seconds=3 * check.interval_seconds)
    values = [one for one in read_check(check.id, metric, since, at).values if one is not None]
    return values[-1] if values else None
