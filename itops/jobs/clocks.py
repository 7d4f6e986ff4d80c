"""The clock that workers go by: this machine's, or the database's that all of them share."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from itops.clock import monotonic, utcnow
from itops.db import db

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
#: How often the database is asked what time it is; between, we count ourselves.
ASK_SECONDS = 15.0


class DatabaseClock:
    """PostgreSQL's clock: machines that disagree about the time agree about a lease's end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._at, self._asked = self._ask(), monotonic()

    def __call__(self) -> datetime:
        """Return the present moment."""
        with self._lock:
            if monotonic() - self._asked > ASK_SECONDS:
                try:
                    self._at, self._asked = self._ask(), monotonic()
                except SQLAlchemyError:  # it will be heard of where the work fails
                    log.warning("the database does not say what time it is")
            return self._at + timedelta(seconds=monotonic() - self._asked)

    def _ask(self) -> datetime:
        with self._engine.connect() as connection:
            at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return at


def clock_of(app: Flask) -> Clock:
    """Return the clock that every worker on this app's database goes by."""
    with app.app_context():
        engine = db.engine
    return DatabaseClock(engine) if engine.dialect.name == "postgresql" else utcnow
