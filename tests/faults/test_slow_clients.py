"""F15, the server's side: clients that drip, hang, tear or lie cost nobody else anything."""

import socket
import time

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import HealthSample
from tests.api.reporting import Agent, health
from tests.faults.serving import Server, deliver

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: As many as the server has threads, and more.
CLIENTS = 40


@pytest.fixture
def served(any_app, database_url, tmp_path):
    agent = Agent(None)
    db.session.commit()
    server = Server(tmp_path, database_url)
    server.start()
    yield server, agent
    server.kill()


def half(server, agent, text, *headers):
    """Open a connection and send the beginning of a request."""
    connection = socket.create_connection(("127.0.0.1", server.port), 10)
    head = [
        "POST /api/v1/reports HTTP/1.1",
        "Host: itops",
        f"Authorization: {agent.bearer}",
        *headers,
    ]
    connection.sendall("\r\n".join([*head, "", text]).encode())
    return connection


def count():
    found = db.session.scalar(select(func.count()).select_from(HealthSample))
    db.session.rollback()
    return found


def test_dripping_heads_and_strangers_bodies_keep_nobody_waiting(served):
    server, agent = served
    stranger = Agent.__new__(Agent)
    stranger.bearer = f"Bearer {'0' * 32}.{'x' * 43}"
    slow = [half(server, stranger, "{", "Content-Length: 1000") for _ in range(CLIENTS)]
    slow += [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(CLIENTS)]
    began = time.monotonic()
    assert (deliver(server, agent, health(1)) or {})["accepted"] == [1]
    assert time.monotonic() - began < 5
    for connection in slow:
        connection.close()


def test_a_body_that_is_cut_short_stores_nothing(served):
    server, agent = served
    for _ in range(CLIENTS):
        half(server, agent, '{"schema":1', "Content-Length: 1000").close()
    assert (deliver(server, agent, health(1)) or {})["accepted"] == [1]
    assert count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: -1"],
        ["Content-Length: 2", "Transfer-Encoding: chunked"],
        ["Content-Length: 1e3"],
        ["Content-Length: 99999999999999999999999"],
    ],
)
def test_lengths_that_lie_are_refused(served, headers):
    server, agent = served
    connection = half(server, agent, "{}", *headers)
    connection.settimeout(20)
    answer = connection.recv(4096)
    connection.close()
    assert answer == b"" or 400 <= int(answer.split(b" ")[1]) < 500
    assert count() == 0
