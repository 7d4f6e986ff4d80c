"""Asking for a web page: a few redirects on the same host, so many bytes, so much time."""

import socket
import ssl
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urljoin, urlsplit

from itops.checks.answers import HttpAnswer
from itops.checks.questions import HttpQuestion
from itops.clock import monotonic
from itops.remote import trust
from itops.remote.errors import NameUnknown, NotSpoken, RemoteError
from itops.remote.limits import DEFAULTS, Deadline
from itops.remote.sockets import connect, cut_off, reasons
from itops.remote.tls import secured

REDIRECTS = (301, 302, 303, 307, 308)
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Page:
    """What one request brought back."""

    status: int
    body: bytes
    is_truncated: bool
    location: str
    encoding: str


def ask(address: str, question: HttpQuestion, *, authority: str = "") -> HttpAnswer:
    """Return what a page answers, or why it does not. Raise NameUnknown.

    A redirect that leads to another host is an answer: nobody else is asked than who was meant.
    """
    deadline = Deadline(question.timeout_seconds)
    began = monotonic()
    try:
        page = followed(address, question, authority, deadline)
    except NameUnknown:
        raise
    except ssl.SSLError as error:
        return HttpAnswer(monotonic() - began, failure=trust.refusal(error))
    except RemoteError as error:
        return HttpAnswer(monotonic() - began, failure=error.message)
    body = page.body.decode(page.encoding, "replace")
    return HttpAnswer(monotonic() - began, page.status, body, page.is_truncated)


def followed(address: str, question: HttpQuestion, authority: str, deadline: Deadline) -> Page:
    page = fetched(address, question, authority, deadline)
    for _ in range(question.follows):
        onward = onward_from(question, address, page)
        if onward is None:
            break
        question = onward
        page = fetched(address, question, authority, deadline)
    return page


def onward_from(question: HttpQuestion, address: str, page: Page) -> HttpQuestion | None:
    """Return the question that a redirect leads to, or None if it leads nowhere that we go."""
    if page.status not in REDIRECTS or not page.location:
        return None
    host = question.host_name or address
    scheme = "https" if question.is_tls else "http"
    try:
        parts = urlsplit(urljoin(f"{scheme}://{bracketed(host)}:{question.port}", page.location))
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    is_same = (parts.hostname or "").lower() == host.lower()
    is_weaker = question.is_tls and parts.scheme == "http"
    if not (is_same and port and parts.scheme in DEFAULT_PORTS) or is_weaker:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        return None
    return replace(question, path=path, port=port, is_tls=parts.scheme == "https")


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def fetched(address: str, question: HttpQuestion, authority: str, deadline: Deadline) -> Page:
    """Return what one request brings back. Raise RemoteError or SSLError."""
    host = question.host_name or address
    made = connect(address, question.port, deadline)
    with made, cut_off(made, deadline, "answer"), reasons("answer"):
        line: socket.socket = made
        if question.is_tls:
            line = secured(made, host, trust.checking(authority), deadline)
        line.settimeout(deadline.left("answer"))
        speaking = HTTPConnection(host, question.port)
        speaking.sock = line
        try:
            return exchanged(speaking, question, bracketed(host))
        except (HTTPException, ValueError) as error:
            raise NotSpoken(protocol="HTTP") from error
        finally:
            speaking.close()


def exchanged(speaking: HTTPConnection, question: HttpQuestion, host: str) -> Page:
    default = DEFAULT_PORTS["https" if question.is_tls else "http"]
    named = host if question.port == default else f"{host}:{question.port}"
    headers = {"Host": named, "User-Agent": "itops", "Connection": "close"}
    speaking.request("GET", question.path, headers=headers)
    with speaking.getresponse() as answer:
        body = answer.read(DEFAULTS.output_bytes + 1)
        return Page(
            answer.status,
            body[: DEFAULTS.output_bytes],
            len(body) > DEFAULTS.output_bytes,
            answer.headers.get("Location", "")[:2000],
            encoding_of(answer),
        )


def encoding_of(answer: HTTPResponse) -> str:
    """Return the encoding that a page names, if Python knows it as one for text."""
    named = answer.headers.get_content_charset() or "utf-8"
    try:
        b"".decode(named)
    except (LookupError, ValueError):
        return "utf-8"
    return "gb18030" if named in ("gbk", "gb2312") else named
