"""Upgrading with a copy first: without one nothing is changed."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from itops.config import Settings
from itops.errors import ItopsError, Misconfigured
from itops.services import upgrading
from itops.services.archives import keeping, making
from itops.services.upgrading import Upgraded


def upgrade(engine: Engine, settings: Settings, *, at: datetime) -> Upgraded | None:
    """Copy the database if there is something to upgrade, then upgrade it, or change nothing.

    Raise Misconfigured if no copy can be made.
    """

    def copy(revision: str) -> Path:
        target = keeping.folder(settings) / keeping.name_before(revision, at)
        try:
            making.make(settings, target, at=at)
        except (ItopsError, OSError) as error:
            why = error.message if isinstance(error, ItopsError) else str(error)
            raise Misconfigured("upgrade.no_copy", why=why) from None
        return target

    return upgrading.upgrade(engine, copy=copy)
