"""What a new installation has already been given: names, places, people, a ledger, machines."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select

from itops.config import Settings
from itops.db import db
from itops.models import Asset, Enrolment, Host, Site, User


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Which first steps are done; what the demo hospital brought does not count."""

    settings: bool
    places: bool
    people: bool
    ledger: bool
    machines: bool
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
        has_demo=_is_there(Site.is_demo),
    )


def _is_there(*conditions: object) -> bool:
    return bool(db.session.scalar(select(exists().where(*conditions))))  # type: ignore[arg-type]
