"""How requests come from the server's loop to the pages, and their answers back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import HTTPConnection

import pytest

from itops.cli.slow_clients import CutShortError, FullError, SlowClients
from itops.cli.wsgi_bridge import MOST_AT_ONCE, Answer, environ_of, send
from tests.loops import finished


class Fields:
    def __init__(self, *pairs):
        self._pairs = pairs

    def items(self):
        return list(self._pairs)


@dataclass
class Scope:
    """A request as the server describes it."""

    headers: Fields = field(default_factory=Fields)
    path: str = "/assets"
    query_string: str = ""
    client: str = "10.0.0.9:40000"
    server: str = "127.0.0.1:8080"
    scheme: str = "http"
    method: str = "GET"
    http_version: str = "1.1"


class Proto:
    """A connection: gives the chunks of a body and keeps what is answered."""

    def __init__(self, *chunks):
        self._chunks = chunks
        self.sent = []

    async def __call__(self):
        return b"".join(self._chunks)

    async def __aiter__(self):
        for chunk in self._chunks:
            yield chunk

    def response_bytes(self, status, headers, body):
        self.sent.append(body)

    def response_stream(self, status, headers):
        return self

    async def send_bytes(self, body):
        self.sent.append(body)


def test_an_environ_has_text_as_wsgi_wants_it():
    environ = environ_of(Scope(Fields(("host", "a"), ("x-a", "1"), ("x-a", "2")), path="/资产"))

    assert environ["PATH_INFO"] == "/资产".encode().decode("latin-1")
    assert (environ["HTTP_HOST"], environ["HTTP_X_A"]) == ("a", "1,2")
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("10.0.0.9", "8080")


def test_a_header_that_is_spelt_to_pass_for_another_is_left_out():
    assert "HTTP_X_FORWARDED_FOR" not in environ_of(Scope(Fields(("x_forwarded_for", "1.1.1.1"))))


def test_an_address_of_version_6_stands_without_brackets():
    assert environ_of(Scope(client="[fe80::1]:4000"))["REMOTE_ADDR"] == "fe80::1"


def test_a_long_answer_goes_out_in_pieces_of_one_context_and_is_closed():
    word: ContextVar[str] = ContextVar("word", default="")
    closed = []

    class Parts:
        def __iter__(self):
            token = word.set("x")
            for _ in range(5):
                yield word.get().encode() * MOST_AT_ONCE
            word.reset(token)

        def close(self):
            closed.append(True)

    def app(_environ, start_response):
        start_response("200 OK", [])
        return Parts()

    proto = Proto()
    with ThreadPoolExecutor(2) as pool:
        finished(send(Answer(app, {}), proto, pool))
    assert b"".join(proto.sent) == b"x" * (5 * MOST_AT_ONCE)
    assert len(proto.sent) > 1
    assert closed == [True]


def test_a_body_that_never_says_how_long_it_is_is_read_no_further_than_allowed():
    clients = SlowClients()
    proto = Proto(*[b"x" * 10] * 9)
    with finished(clients.file(proto, "10.0.0.9", None, most=25)) as file:
        assert file.read() == b"x" * 30


def test_a_body_that_ends_early_is_no_body():
    with pytest.raises(CutShortError):
        finished(SlowClients().whole(Proto(b"{}"), "10.0.0.9", 3, most=10))


def test_who_announces_more_than_there_is_room_for_is_told_to_come_again():
    clients = SlowClients(most_announced=5)
    with pytest.raises(FullError):
        finished(clients.whole(Proto(b"123456"), "10.0.0.9", 6, most=10))


@pytest.mark.slow
def test_a_body_in_chunks_that_is_too_large_is_refused_and_one_that_is_not_is_read(server):
    server.start()

    def status_of(count):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        chunks = iter([b"login=" + b"a" * 1024, *[b"a" * 1024 * 1024] * count])
        with closing(connection):
            connection.request("POST", "/sign-in", chunks, kind, encode_chunked=True)
            return connection.getresponse().status

    assert status_of(0) in {400, 422}
    assert status_of(14) == 413
