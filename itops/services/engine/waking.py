"""Waking who looks for due work, so that what a person asks for starts at once.

Without it the work starts at the next look, a second later; a wake-up that is lost costs no more.
Threads of this process are woken after the commit; with PostgreSQL so are workers elsewhere,
because a notification is part of the transaction.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from itops.db import db

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


def _after_commit(session: Any) -> None:
    if session.info.pop(WAKES, False):
        ring()


def _after_rollback(session: Any, _previous: Any) -> None:
    session.info.pop(WAKES, None)
