"""F6 and F8: on a full or broken disk nothing is acknowledged, and nothing acknowledged is lost."""

import json
from http.client import HTTPConnection
from urllib.parse import urlencode

import psutil
import pytest

from itops.cli.worker_process import wait_until_answers
from itops.db import db
from tests.api.reporting import Agent, health
from tests.faults.serving import Server, deliver
from tests.faults.test_intake_killed import stored

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def agent(any_app):
    """A machine that is enrolled in the database that the server will serve."""
    made = Agent(None)
    db.session.commit()
    db.engine.dispose()
    return made


@pytest.fixture
def first():
    """The report that was taken before the disk fell ill."""
    return health(1)


@pytest.fixture
def server(agent, first, database_url, tmp_path):
    """A server whose disk does what the file `disk` says."""
    made = Server(tmp_path, database_url, "-m", "tests.faults.ill_disk")
    made.start()
    assert taken(made, agent, first) == ([1], [])
    yield made
    made.kill()


def taken(server, agent, *reports):
    """Deliver reports; return the numbers that are accepted, and those that were there already."""
    answer = deliver(server, agent, *reports)
    assert answer is not None
    return answer["accepted"], answer["already"]


def asked(server, path, body=None, **headers):
    """Return status, headers and text of an answer."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=40)
    try:
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def reported(server, agent, report):
    body = json.dumps(agent.envelope(report))
    return asked(server, "/api/v1/reports", body, Authorization=agent.bearer)


def signed_in(server):
    """Return the answer to a form that writes: a sign-in that fails is counted."""
    form = urlencode({"login": "nobody", "password": "no such password"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return asked(server, "/sign-in", form, **kind)


def test_f6_a_full_disk_is_said_and_once_there_is_room_all_goes_on(agent, server, tmp_path):
    (tmp_path / "disk").write_text("full")
    status, headers, text = reported(server, agent, health(2))
    assert (status, headers["Retry-After"]) == (507, "60"), text
    assert "磁盘已满" in text
    status, headers, text = signed_in(server)
    assert (status, headers["Retry-After"]) == (503, "10"), text
    assert "空间不足" in text
    assert asked(server, "/readyz")[0] == 200  # it asks the database
    (tmp_path / "disk").unlink()
    assert signed_in(server)[0] == 422
    assert taken(server, agent, health(2)) == ([2], [])
    assert stored() == {(agent.host_id, 1): 1, (agent.host_id, 2): 1}


def test_f8_what_could_not_be_synced_is_not_acknowledged_and_the_process_ends(
    agent, server, first, tmp_path
):
    (worker,), second = server.workers(), health(2)
    (tmp_path / "disk").write_text("broken")
    status, headers, text = reported(server, agent, second)
    (tmp_path / "disk").unlink()
    assert (status, headers["Retry-After"]) == (503, "10"), text
    assert psutil.wait_procs([worker], timeout=40)[1] == []
    assert wait_until_answers(f"http://127.0.0.1:{server.port}", seconds=60)  # another process
    # What was written and not synced may be there after all: then the second is there already.
    assert taken(server, agent, first, second) in (([2], [1]), ([], [1, 2]))
    assert stored() == {(agent.host_id, 1): 1, (agent.host_id, 2): 1}


def test_f8_a_page_whose_change_could_not_be_synced_says_so_and_the_process_ends(
    agent, server, first, tmp_path
):
    (worker,) = server.workers()
    (tmp_path / "disk").write_text("broken")
    status, headers, text = signed_in(server)
    (tmp_path / "disk").unlink()
    assert (status, headers["Retry-After"]) == (503, "10"), text
    assert psutil.wait_procs([worker], timeout=40)[1] == []
    assert wait_until_answers(f"http://127.0.0.1:{server.port}", seconds=60)  # another process
    assert signed_in(server)[0] == 422
    assert taken(server, agent, first) == ([], [1])
