"""Whether the file of the database is sound: looked at before it is served, for so long at most."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from itops import sqlite
from itops.clock import monotonic
from itops.errors import Misconfigured

#: A start may take so long; a larger file is read whole by the daily restore test.
SECONDS = 20.0
#: After so many steps of its machine SQLite asks whether to go on.
STEPS = 20_000


def refuse_damaged(engine: Engine, *, seconds: float = SECONDS) -> bool:
    """Return whether all of it could be looked at in time. Raise Misconfigured if it is bad."""
    if engine.dialect.name != "sqlite":
        return True
    try:
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            until = monotonic() + seconds
            raw.set_progress_handler(lambda: monotonic() > until, STEPS)
            try:
                answer = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
            finally:
                raw.set_progress_handler(None, 0)
    except DatabaseError as error:
        if "interrupted" in str(error.orig):
            return False
        if sqlite.is_broken(error.orig) or "not a database" in str(error.orig):
            raise Misconfigured("start.damaged", answer=str(error.orig)[:200]) from None
        raise
    if answer != "ok":
        raise Misconfigured("start.damaged", answer=answer[:200])
    return True
