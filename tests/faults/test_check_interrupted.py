"""F10: a server is killed in mid-check: unknown, "interrupted"; then looked at again, once."""

import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itops.app import create_app
from itops.checks.base import State
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import Alert, Check, CheckChange, CheckSample, Ticket
from itops.services import first_start
from tests import factories
from tests.services.checking.conftest import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class SlowPage:
    """A web server that says nothing to the first who ask, and answers all others."""

    def __init__(self, silent: int) -> None:
        self.silent = silent
        self.asked = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            self.asked += 1
            self._kept.append(caller)
            if self.asked > self.silent:
                caller.recv(4096)
                caller.sendall(PAGE)
                caller.close()

    def close(self) -> None:
        self.listener.close()
        for caller in self._kept:
            caller.close()


@contextmanager
def looking_at(server):
    """Look at the server's database from outside."""
    app = create_app(Settings(data_dir=server.data_dir))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def test_a_killed_check_is_unknown_and_runs_again_once(server):
    page = SlowPage(silent=1)
    with looking_at(server):
        check_id = a_check_that_is_due(page.port)
        server.start()
        wait_until(lambda: page.asked == 1)
        server.kill()
        assert db.session.scalars(select(Check.held_by)).one() is not None
        db.session.rollback()

        server.start()
        wait_until(lambda: page.asked == 2)
        wait_until(lambda: changes(check_id)[-1:] == [State.OK])
        server.stop()
        db.session.rollback()
        told = [
            (one.new, one.findings[0]["message"]["key"])
            for one in db.session.scalars(select(CheckChange).order_by(CheckChange.id))
        ]
        assert told == [
            (State.UNKNOWN, "check_state.interrupted"),
            (State.OK, told[1][1]),
        ]
        assert page.asked == 2
        assert count(CheckSample) == 1
        assert count(Ticket) == 0
        assert count(Alert) <= 1
    page.close()


def test_a_clean_stop_ends_the_check_in_work_and_holds_nothing(server):
    """Who starts again need not wait for the end of a lease."""
    page = SlowPage(silent=1)
    with looking_at(server):
        check_id = a_check_that_is_due(page.port, seconds=3.0)
        server.start()
        wait_until(lambda: page.asked == 1)
        server.stop()
        held = select(Check.held_by, Check.lease_until_at, Check.starts)
        assert db.session.execute(held).one() == (None, None, 0)
        assert changes(check_id) == [State.CRITICAL]
    page.close()


def a_check_that_is_due(port: int, *, seconds: float = 30.0) -> int:
    """Make the database, and in it a check that was well and is due now."""
    first_start.make_ready(at=utcnow())
    asset = factories.asset(ip_address="127.0.0.1")
    due = utcnow() - timedelta(seconds=5)
    check = factories.check(
        kind="http",
        params={"port": port, "is_tls": False, "timeout_seconds": seconds},
        asset=asset,
        due_at=due,
        checked_at=due,
        state=State.OK,
        interval_seconds=3600,
    )
    db.session.commit()
    return check.id


def changes(check_id: int) -> list[State]:
    statement = select(CheckChange.new).where(CheckChange.check_id == check_id)
    return list(db.session.scalars(statement.order_by(CheckChange.id)))


def count(model) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()
