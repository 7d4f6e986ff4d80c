"""The settings of the installation that a database belongs to, for work that is handed none."""

from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from itops.config import Settings
from itops.db import db

_settings: WeakKeyDictionary[Engine, Settings] = WeakKeyDictionary()


def set_up(engine: Engine, settings: Settings) -> None:
    """Say under which settings this database is worked on."""
    _settings[engine] = settings


def settings() -> Settings:
    """Return the settings that hold for the database in use."""
    return _settings[db.engine]
