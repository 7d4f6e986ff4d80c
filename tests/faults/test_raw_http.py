"""Requests that no browser sends: refused or cut off, never worked on, and nobody else notices."""

import socket

import pytest

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 30
#: Who awaits more of a request says nothing for so long.
SILENCE_SECONDS = 3
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
POST = f"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n{FORM}"
CHUNKED = f"{POST}Transfer-Encoding: chunked\r\n"
GET = "GET /sign-in HTTP/1.1\r\n"
LAST = f"{GET}Host: localhost\r\nConnection: close\r\n\r\n"
BAD = {
    "a chunk's size that is no number": f"{CHUNKED}\r\nzz\r\nlogin\r\n0\r\n\r\n",
    "a negative size": f"{CHUNKED}\r\n-5\r\nlogin\r\n0\r\n\r\n",
    "a size beyond all": f"{CHUNKED}\r\n{'f' * 20}\r\nlogin\r\n0\r\n\r\n",
    "a chunk longer than it says": f"{CHUNKED}\r\n2\r\nlogin=a\r\n0\r\n\r\n",
    "two codings": f"{CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an unknown coding": f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two lengths": f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nlogin=",
    "a length and chunks": f"{CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n{GET}\r\n",
    "a head of 64 kB": f"{GET}Host: localhost\r\nX: {'a' * 65_536 * 8}\r\n\r\n",
    "three thousand fields": f"{GET}Host: localhost\r\n" + "X: a\r\n" * 3000 + "\r\n",
    "an address of 70 kB": f"GET /{'a' * 70_000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a NUL in a field": f"{GET}Host: localhost\r\nX: a\0b\r\n\r\n",
    "a NUL in an address": "GET /sign\0in HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space before a colon": f"{GET}Host : localhost\r\nContent-Length : 3\r\n\r\n",
    "a field that goes on": f"{GET}Host: localhost\r\nX: a\r\n b\r\n\r\n",
    "no version": "GET /sign-in\r\n\r\n",
    "a version to come": "GET /sign-in HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "a method with a tab": "GE\tT /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a way through": "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "somebody else's address": "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "another's name": f"{GET}Host: evil.example\r\n\r\n",
    "an echo": "TRACE /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Secret: a\r\n\r\n",
}


def said(server, text: str, *, patience: float = PATIENCE_SECONDS) -> bytes:
    """Send something; return all that is answered until the line is cut or nothing more comes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as connection:
        try:
            connection.sendall(text.encode("latin-1"))
            connection.settimeout(patience)
            while piece := connection.recv(65_536):
                answer += piece
        except (ConnectionError, TimeoutError):
            pass  # cut off before all was sent or read, or more is awaited
    return answer


def test_what_no_browser_sends_is_refused_and_nobody_notices(server):
    server.start()
    worked_on = {}
    for name, text in BAD.items():
        answer = said(server, text, patience=SILENCE_SECONDS)
        if answer and not (answer.startswith(b"HTTP/1.1 4") and answer.count(b"HTTP/1.1 ") == 1):
            worked_on[name] = answer[:100]
        if b"X-Secret" in answer:
            worked_on[name] = answer[-100:]
        if not said(server, LAST).startswith(b"HTTP/1.1 200"):
            worked_on[name] = b"and then nobody was served"
    assert worked_on == {}


def test_requests_one_after_the_other_on_a_line_are_answered_each(server):
    server.start()
    healthy = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert said(server, healthy * 40 + LAST).count(b"HTTP/1.1 200") == 41
