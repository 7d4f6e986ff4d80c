"""The doctor looks at our own backup: its age, whether it is whole and proven, where it lies."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, BackupKind
from itops.services import installation
from itops.services.backups import judging, own_standing, runs
from itops.services.doctor.findings import Finding, found


def examine(*, at: datetime) -> Iterator[Finding]:
    """Yield what there is to say of it: of its proof once the installation is not new any more."""
    standing = own_standing.standing(at=at)
    if standing is not None:
        yield found("copies", standing.state, why=standing.message)
    job = db.session.scalar(select(BackupJob).where(BackupJob.kind == BackupKind.ITOPS).limit(1))
    place = judging.place_of(job, runs.latest_ended(job)) if job else None
    if place is None:
        return
    if place.state is not State.OK and installation.settings().backup_second_dir is not None:
        wrong, mend = (Message(f"doctor.copies_place.{part}") for part in ("not_there", "look"))
        yield Finding("copies_place", place.state, wrong, mend)
    else:
        yield found("copies_place", place.state)
