"""Requests that were begun and never end: who else is there is served all the same."""

import select
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import pytest

from itops.cli.slow_clients import MOST_OF_ADDRESS
from tests.components.server import Server

pytestmark = pytest.mark.slow

HALF_OPEN = 200
#: Who is kept from being served waits for ever; a busy machine may let one wait for a while.
PATIENCE_SECONDS = 60
#: Each refused request is a line of more than 150 bytes.
MORE_LINES_THAN_A_PIPE_HOLDS = 600
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
HEADS = {
    "a form": f"POST /sign-in HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 1000\r\n\r\nlogin=a",
    "chunks": f"POST /sign-in HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n1\r\n",
    "an agent": "POST /api/v1/agents/enroll HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{",
    "a head": "GET /sign-in HTTP/1.1\r\nHost: a\r\nAccept-",
}


@pytest.fixture(scope="module")
def running(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who hold connections: each lets go of them at its end."""
    folder = tmp_path_factory.mktemp("half-open")
    shutil.copy(migrated / "itops.db", folder)
    server = Server(folder).start()
    yield server
    server.stop()


@contextmanager
def half_open(server: Server, head: str) -> Iterator[list[socket.socket]]:
    """Hold many connections on which a request was begun and never ended."""
    with ExitStack() as all_of_them:
        held = []
        for _ in range(HALF_OPEN):
            one = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
            all_of_them.enter_context(one)
            one.sendall(head.encode())
            held.append(one)
        yield held


def test_what_is_half_sent_when_the_line_breaks_is_not_taken_for_the_whole(running):
    """A form is as good as its fields: what did not arrive must not count as left empty."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_SECONDS) as one:
        one.sendall(HEADS["a form"].encode())
        one.shutdown(socket.SHUT_WR)
        answer = one.recv(4096).decode()

    assert answer == "" or answer.startswith("HTTP/1.1 400")


def test_a_connection_that_wants_to_speak_http_2_is_turned_away(running):
    """It has no time limit of any kind."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_SECONDS) as one:
        one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert one.recv(4096)[:12] in {b"", b"HTTP/1.1 400"}


@pytest.mark.parametrize("kind", HEADS)
def test_two_hundred_requests_that_never_end_keep_nobody_from_being_served(running, kind):
    with half_open(running, HEADS[kind]):
        for _ in range(3):
            assert asked(running, "GET", "/sign-in") == 200


def test_a_log_that_nobody_reads_keeps_nobody_from_being_served(server):
    """A held terminal, a hung reader of a pipe: this server writes into one that is never read."""
    server.start()

    for _ in range(MORE_LINES_THAN_A_PIPE_HOLDS):
        assert asked(server, "GET", "/nowhere") == 404


def test_a_machine_that_floods_us_with_bodies_is_told_to_come_again_and_others_are_not(server):
    server.start()

    with half_open(server, HEADS["a form"]) as flood:
        # Who asks before the server has met them all takes a place among those who wait.
        assert comes_to(HALF_OPEN - MOST_OF_ADDRESS, lambda: count_answered(flood))
        assert asked(server, "POST", "/nowhere", body="{}") == 503
        other = asked(server, "POST", "/api/v1/agents/enroll", body="{}", source="127.0.0.2")
    assert other == 400


def comes_to(wanted: int, look: Callable[[], int]) -> bool:
    """Look again until the wanted is there. Return whether it came in time."""
    end = monotonic() + 2 * PATIENCE_SECONDS
    while monotonic() < end:
        if look() == wanted:
            return True
        sleep(0.05)
    return False


def count_answered(flood: list[socket.socket]) -> int:
    """Return on how many connections something has come, be it that they were closed."""
    poll = select.poll()
    for one in flood:
        poll.register(one, select.POLLIN)
    return len(poll.poll(0))


def asked(server, method, path, *, body=None, source="127.0.0.1") -> int:
    """Return the status of an answer, asked for from an address of this machine."""
    ours = (source, 0)
    connection = HTTPConnection("127.0.0.1", server.port, PATIENCE_SECONDS, source_address=ours)
    try:
        connection.request(method, path, body)
        return connection.getresponse().status
    finally:
        connection.close()
