"""A server that kills itself at a named point of the next transaction of reports, once.

The point stands in the file `die-at` of the data folder. Only tests can start this server.
"""

import os
import signal
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import event

from itops import config, create_app
from itops.api.committing import GroupCommit
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


def app() -> Any:
    """Return the app with a writer that may die."""
    made = create_app(config.load())
    with made.app_context():
        engine = db.engine
    made.extensions["reports"].writer = DyingWriter(engine)
    event.listen(engine, "begin", lambda _connection: die_at("before_begin"))
    event.listen(engine, "commit", lambda _connection: die_at("before_commit"))
    event.listen(engine, "after_cursor_execute", _after)
    return made


def _after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if statement.startswith("INSERT INTO health_sample"):
        die_at("after_insert")


if __name__ == "__main__":
    settings = config.load()
    Granian(
        "tests.faults.dying_server:app",
        factory=True,
        address="127.0.0.1",
        port=settings.port,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        working_dir=Path.cwd(),
    ).serve()
