"""What a new installation has already been given: names, places, people, a ledger, machines."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select

from itops.config import Settings
from itops.db import db
from itops.models import Asset, BackupJob, Check, Enrolment, Host, MaintenancePlan, Site, User


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Which first steps are done; what the demo hospital brought does not count."""

    settings: bool
    places: bool
    people: bool
    ledger: bool
    machines: bool
    plans: bool
    checks: bool
    backups: bool
    has_demo: bool


def progress(settings: Settings) -> Progress:
    """Return how far this installation has come."""
    people = select(func.count()).select_from(User).where(~User.is_demo)
    let_in = (Host.enrolment == Enrolment.APPROVED, ~Host.is_demo)
    return Progress(
        settings=bool(settings.hospital and settings.public_url),
        places=_is_there(~Site.is_demo),
        people=(db.session.scalar(people) or 0) > 1,
        ledger=_is_there(~Asset.is_demo),
        machines=_is_there(*let_in),
        plans=_is_there(~MaintenancePlan.is_demo),
        checks=_is_there(~Check.is_demo),
        backups=_is_there(~BackupJob.is_demo, BackupJob.site_id.is_not(None)),
        has_demo=_is_there(Site.is_demo),
    )


def is_blind() -> bool:
    """Whether nothing looks at anything yet, so that silence is no good news."""
    return not any(_is_there(row) for row in (Host.enrolment == Enrolment.APPROVED, Check.id > 0))


def _is_there(*conditions: object) -> bool:
    return bool(db.session.scalar(select(exists().where(*conditions))))  # type: ignore[arg-type]
