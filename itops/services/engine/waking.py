"""Waking who looks for due work, so that what a person asks for starts at once.

Without it the work starts at the next look, a second later; a wake-up that is lost costs no more.
Threads of this process are woken after the commit; with PostgreSQL so are workers elsewhere,
because a notification is part of the transaction.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from itops.db import db

log = logging.getLogger(__name__)

#: How long a listener that lost its connection waits, and how soon it finds out that it is to stop.
AGAIN_SECONDS, STOP_SECONDS = 5.0, 1.0
#: The channel of PostgreSQL's NOTIFY.
CHANNEL = "itops_due"
#: Whether a session's transaction made something due.
WAKES = "wakes_background_work"

_sleepers: set[threading.Event] = set()


def wake() -> None:
    """Say that this transaction makes something due; who looks for it is woken by the commit."""
    if not event.contains(db.session, "after_commit", _after_commit):
        event.listen(db.session, "after_commit", _after_commit)
        event.listen(db.session, "after_soft_rollback", _after_rollback)
    db.session.info[WAKES] = True
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text(f"NOTIFY {CHANNEL}"))


def ring() -> None:
    """Wake the threads of this process that look for due work."""
    for sleeper in tuple(_sleepers):
        sleeper.set()


@contextmanager
def woken(sleeper: threading.Event) -> Iterator[None]:
    """In this block `sleeper` is set when something becomes due."""
    _sleepers.add(sleeper)
    try:
        yield
    finally:
        _sleepers.discard(sleeper)


def listen(engine: Engine, stop: threading.Event) -> None:
    """Ring whenever a transaction elsewhere makes something due, until `stop` is set."""
    while not stop.is_set():
        try:
            with engine.connect() as pooled:
                connection = pooled.connection.dbapi_connection
                pooled.detach()
                _hear(connection, stop)
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
            log.warning("nothing is heard from the database; looking goes on", exc_info=True)
            stop.wait(AGAIN_SECONDS)


def _hear(connection: Any, stop: threading.Event) -> None:
    connection.rollback()
    connection.autocommit = True
    connection.execute(f"LISTEN {CHANNEL}")
    ring()
    while not stop.is_set():
        for _notice in connection.notifies(timeout=STOP_SECONDS):
            ring()
            if stop.is_set():
                return


def _after_commit(session: Any) -> None:
    if session.info.pop(WAKES, False):
        ring()


def _after_rollback(session: Any, _previous: Any) -> None:
    session.info.pop(WAKES, None)
