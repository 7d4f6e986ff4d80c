"""The doctor looks at our own backup: its age, whether it is whole and proven, where it lies."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.models import BackupJob, BackupKind
from itops.services.backups import judging, own_standing
from itops.services.doctor.findings import Finding, found


def examine(*, at: datetime) -> Iterator[Finding]:
    """Yield what there is to say of it: of its proof once the installation is not new any more."""
    standing = own_standing.standing(at=at)
    if standing is not None:
        yield found("copies", standing.state, why=standing.message)
    job = db.session.scalar(select(BackupJob).where(BackupJob.kind == BackupKind.ITOPS).limit(1))
    place = judging.place_of(job) if job else None
    if place is not None:
        yield found("copies_place", place.state)
