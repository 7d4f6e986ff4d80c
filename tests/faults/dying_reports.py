"""A server that kills itself at a named point of the next report of a ward, once.

The point stands in the file `die-at` of the data folder. Only tests can start this server.
"""

from pathlib import Path
from typing import Any

from flask import Response, has_request_context, request
from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import event

from itops import config, create_app
from itops.db import db
from tests.faults.dying_server import die_at


def app() -> Any:
    """Return the app, with places to die around the commit of a report."""
    made = create_app(config.load())
    with made.app_context():
        engine = db.engine
    event.listen(engine, "begin", lambda _connection: _die("before_begin"))
    event.listen(engine, "after_cursor_execute", _after)
    event.listen(engine, "commit", lambda _connection: _die("before_commit"))
    made.after_request(_before_answer)
    return made


def _die(point: str) -> None:
    if has_request_context() and request.method == "POST":
        die_at(point)


def _after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if statement.startswith("INSERT INTO ticket_report"):
        _die("after_ticket")


def _before_answer(response: Response) -> Response:
    # The view has committed; what follows is the answer.
    _die("before_answer")
    return response


if __name__ == "__main__":
    settings = config.load()
    Granian(
        "tests.faults.dying_reports:app",
        factory=True,
        address="127.0.0.1",
        port=settings.port,
        interface=Interfaces.WSGI,
        blocking_threads=4,
        working_dir=Path.cwd(),
    ).serve()
