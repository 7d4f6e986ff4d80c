"""A ward's report survives a dying server: whenever it dies, the same tap is one ticket."""

import re
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from itops.clock import utcnow
from itops.db import db
from itops.models import Ticket, TicketEvent, TicketReport
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from tests import factories
from tests.faults.serving import Server

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]
POINTS = ("before_begin", "after_ticket", "before_commit", "before_answer")


@pytest.fixture
def code(any_app):
    """A label in the database that the server will serve."""
    asset = factories.asset()
    code = asset_labels.codes_of([asset.id], by=Actor(None, ""), at=utcnow())[asset.id]
    db.session.commit()
    db.engine.dispose()
    return code


def asked(server, method, path, form=None):
    """Return status, where to and page; None if the server died."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=40)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    try:
        connection.request(method, path, urlencode(form or {}), headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read().decode()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("point", POINTS)
def test_a_server_that_dies_at_a_tap_leaves_exactly_one_ticket(
    point, code, any_app, database_url, tmp_path
):
    server = Server(tmp_path, database_url, "-m", "tests.faults.dying_reports")
    server.start()
    page = asked(server, "GET", f"/q/{code}")[2]
    form = {"key": re.findall(r'name="key" value="(\w+)"', page)[0], "what": "slow"}
    form["urgency"] = "now"
    (tmp_path / "die-at").write_text(point)
    died = asked(server, "POST", f"/q/{code}", form)
    assert died is None
    assert server.wait_dead(30)
    server.start()
    answers = [asked(server, "POST", f"/q/{code}", form) for _ in range(3)]
    server.stop()
    assert {answer[0] for answer in answers} == {303}
    assert len({answer[1] for answer in answers}) == 1
    for model in (Ticket, TicketReport, TicketEvent):
        assert db.session.scalars(select(func.count()).select_from(model)).one() == 1, model
    db.session.rollback()
