"""What others learn of a verdict on a backup: the alert, and the work order that it proves."""

from datetime import datetime, timedelta

from itops.models import BackupJob, Check
from itops.services.history.reading import read_check

#: The check of files: how old the newest is, and how large.
AGE, SIZE = "file.age_seconds", "file.size_bytes"


def tell(job: BackupJob, *, at: datetime) -> None:
    """Tell whoever waits for this verdict, in its transaction."""


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
