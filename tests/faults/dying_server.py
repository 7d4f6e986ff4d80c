"""A server that kills itself at a named point of the next transaction of reports, once.

The point stands in the file `die-at` of the data folder. Only tests can start this server.
"""

import os
import signal
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from psycopg import Cursor
from sqlalchemy import event

from itops import config, create_app
from itops.api.committing import GroupCommit
from itops.cli.entrance import Entrance
from itops.cli.worker_process import entrance
from itops.db import db

POINTS = ("before_begin", "after_insert", "before_commit", "after_commit", "before_answer")


def die_at(point: str) -> None:
    """Kill this process and its parent if `point` is the one that is asked for."""
    file = config.load().data_dir / "die-at"
    if file.exists() and file.read_text() == point:
        file.unlink()
        os.killpg(os.getpgid(0), signal.SIGKILL)


class DyingWriter(GroupCommit):
    """A writer with a place to die around its commit."""

    def commit(self, deliveries: Any) -> Any:
        outcomes = super().commit(deliveries)
        die_at("after_commit")
        return outcomes

    def _answer(self, group: Any, failure: Any) -> None:
        die_at("before_answer")
        super()._answer(group, failure)


def app() -> Entrance:
    """Return the app, as it is served, with a writer that may die."""
    settings = config.load()
    made = create_app(settings)
    with made.app_context():
        engine = db.engine
    made.extensions["reports"].writer = DyingWriter(engine)
    event.listen(engine, "begin", lambda _connection: die_at("before_begin"))
    event.listen(engine, "commit", lambda _connection: die_at("before_commit"))
    event.listen(engine, "connect", watch)
    return entrance(made, settings)


def watch(connection: Any, _record: object) -> None:
    """Look at every statement that a new connection of the driver executes."""
    if hasattr(connection, "set_trace_callback"):
        connection.set_trace_callback(_begun)  # SQLite's tells of a statement as it begins
    else:
        connection.cursor_factory = WatchedCursor


def _begun(statement: str) -> None:
    if statement.startswith("INSERT INTO host_spool"):  # the samples are there by then
        die_at("after_insert")


class WatchedCursor(Cursor[Any]):
    """PostgreSQL's cursor with a place to die."""

    def execute(self, query: Any, *given: Any, **more: Any) -> Any:
        done = super().execute(query, *given, **more)
        if str(query).startswith("INSERT INTO health_sample"):
            die_at("after_insert")
        return done


if __name__ == "__main__":
    settings = config.load()
    Granian(
        "tests.faults.dying_server:app",
        factory=True,
        address="127.0.0.1",
        port=settings.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        working_dir=Path.cwd(),
    ).serve()
