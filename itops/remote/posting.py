"""One POST of JSON to another server: no redirects, a short answer, in time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from itops.errors import Invalid
from itops.remote.sending import (
    CONNECT_SECONDS,
    NotSent,
    PerhapsSent,
    Rules,
    connect,
    ended_in_time,
    said,
    secured,
)

#: Robots answer with one line; what is longer is not from them.
LONGEST_ANSWER = 64 * 1024
LONGEST_ADDRESS = 2_000
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """What the other server said."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return what the body holds, or None if that is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def address_of(text: str) -> SplitResult:
    """Read the address of a webhook. Raise Invalid if it is none, or holds a sign-in."""
    try:
        parts = urlsplit(text.strip())
        is_good = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Invalid("sending.write_address") from None
    is_plain = text.isascii() and text.strip().isprintable() and " " not in text.strip()
    if not is_good or not is_plain or len(text) > LONGEST_ADDRESS:
        raise Invalid("sending.write_address")
    if parts.username is not None or parts.password is not None:
        raise Invalid("sending.write_address")
    return parts


def post(url: str, body: bytes, rules: Rules, headers: Mapping[str, str] | None = None) -> Answer:
    """Send `body` and return the answer, whatever its status.

    Raise NotSent while nothing was handed over, PerhapsSent once it was and no answer came.
    """
    parts = address_of(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    raw = connect(host, port, rules)
    line = secured(raw, host, rules) if parts.scheme == "https" else raw
    line.settimeout(CONNECT_SECONDS)
    speaking = HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    speaking.sock = line
    path = parts.path or "/"
    with line, ended_in_time(lambda: line):
        return _exchange(
            speaking,
            f"{path}?{parts.query}" if parts.query else path,
            body,
            {"Content-Type": "application/json", "User-Agent": "itops", **(headers or {})},
        )


def _exchange(
    speaking: HTTPConnection, target: str, body: bytes, headers: Mapping[str, str]
) -> Answer:
    try:
        speaking.request("POST", target, body, dict(headers))
    except OSError as error:
        raise NotSent("sending.broken_off", why=said(error)) from None
    try:
        answer = speaking.getresponse()
        found = Answer(answer.status, answer.read(LONGEST_ANSWER))
    except (OSError, HTTPException, ValueError) as error:
        raise PerhapsSent("sending.no_answer", why=said(error) or type(error).__name__) from None
    finally:
        speaking.close()
    return found
