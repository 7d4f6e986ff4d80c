"""POST /api/v1/reports, answered before Flask: the one road that every agent takes every minute.

The body is read only for a key that is known, and parsed here; one writer takes what was parsed
(see `committing`), and its word is what we answer.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected

from itops.api import opening, wire
from itops.api.committing import GroupCommit
from itops.api.waiting import Failure, Word
from itops.clock import utcnow
from itops.db import reading
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Invalid, ItopsError, Message
from itops.i18n import best_language, say
from itops.services.intake.known import is_good_key
from itops.services.intake.messages import Delivery, Receipt, Refusal, Turned
from itops.services.secrets.secrecy import secret_hash

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
#: Status, body, headers.
Answer = tuple[int, bytes, list[tuple[str, str]]]
#: A host's public id, and the hash of its secret.
Key = tuple[str, bytes]
Read = Callable[[int | None, int], Awaitable[bytes]]

log = logging.getLogger(__name__)

PATH = "/api/v1/reports"
#: Keys that are remembered, so that a stranger's body is not read.
MOST_MET = 50_000
#: Bodies up to this size are parsed on the loop: handing one to a thread costs more.
MOST_LIGHT = 128 * 1024
BEARER = re.compile(r"Bearer ([0-9a-f]{32})\.([A-Za-z0-9_-]{16,128})", re.IGNORECASE)
#: What a refusal of everything is called, and when to come again.
ANSWERS: dict[Turned | Failure, tuple[int, str, int]] = {
    Turned.UNKNOWN_KEY: (401, "report.key_refused", 0),
    Turned.QUARANTINED: (403, "report.quarantined", 0),
    Failure.BUSY: (503, "report.busy", 10),
    Failure.DISK_FULL: (507, "report.disk_full", 60),
    Failure.BAD: (400, "report.failed", 0),
}


class Reports:
    """Takes reports: on an event loop as `answered`, or as a WSGI app that hands on all others."""

    def __init__(self, others: Wsgi, engine: Engine, *, language: str) -> None:
        self.writer = GroupCommit(engine)
        self.language = language
        self._others = others
        self._engine = engine
        #: Keys that were good once, by host.
        self._met: dict[str, bytes] = {}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self._others(environ, start_response)
        try:
            status, body, headers = self._answer(environ)
        except Invalid as invalid:
            status, body, headers = self._refusal(environ, invalid)
        phrase = HTTPStatus(status).phrase
        start_response(f"{status} {phrase}", [("Content-Length", str(len(body))), *headers])
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        key = key_of(environ)
        if key is None or not self._is_met(key):
            turned = self._turned_away(environ, key)
            if key is None or turned is not None:
                return turned or self._turn(environ, Turned.UNKNOWN_KEY)
        length = length_of(environ)
        most = wire.MOST_WIRE_BYTES
        delivery = delivery_of(environ, key, read(environ, most + 1 if length is None else length))
        return self._told(environ, delivery, self.writer.submit(delivery))

    async def answered(self, environ: dict[str, Any], read_body: Read, pool: Executor) -> Answer:
        """Return (status, body, headers) on an event loop.

        `environ` needs only what is looked at here. `read_body` awaits a body, given the length
        that it announced and the most that is wanted. What takes long is done in `pool`.
        """
        work = asyncio.get_running_loop().run_in_executor
        try:
            key = key_of(environ)
            if key is None or not self._is_met(key):
                turned = await work(pool, self._turned_away, environ, key)
                if key is None or turned is not None:
                    return turned or self._turn(environ, Turned.UNKNOWN_KEY)
            body = await read_body(length_of(environ), wire.MOST_WIRE_BYTES)
            if is_light(body, environ):
                delivery = delivery_of(environ, key, body)
            else:
                delivery = await work(pool, delivery_of, environ, key, body)
            return self._told(environ, delivery, await self.writer.taken(delivery))
        except Invalid as invalid:
            return self._refusal(environ, invalid)

    def _is_met(self, key: Key) -> bool:
        """Whether a key was good when it was last asked for; the writer decides if it still is."""
        return self._met.get(key[0]) == key[1]

    def _turned_away(self, environ: dict[str, Any], key: Key | None) -> Answer | None:
        """Look into the database whether a body is worth reading; return the answer if not."""
        if environ["REQUEST_METHOD"] != "POST":
            status, body, headers = self._problem(environ, 405, Message("report.method"))
            return status, body, [("Allow", "POST"), *headers]
        if key is None:
            return self._turn(environ, Turned.UNKNOWN_KEY)
        try:
            with reading(), self._engine.connect() as connection:
                is_good = is_good_key(connection, *key)
        except SQLAlchemyError:
            return self._turn(environ, Failure.BUSY)
        if not is_good:
            return self._turn(environ, Turned.UNKNOWN_KEY)
        if len(self._met) >= MOST_MET:
            self._met.clear()
        self._met[key[0]] = key[1]
        return None

    def _told(self, environ: dict[str, Any], delivery: Delivery, outcome: Word) -> Answer:
        """Return what we answer to a delivery, given what became of it."""
        if isinstance(outcome, Receipt):
            language = "en" if not outcome.refused else self._language_of(environ)
            return 200, receipt(outcome, delivery.received_at, language), GOOD
        if outcome is Turned.UNKNOWN_KEY:
            self._met.pop(delivery.public_id, None)
        return self._turn(environ, outcome)

    def _turn(self, environ: dict[str, Any], why: Word) -> Answer:
        """Return the answer to a delivery of which nothing was taken."""
        found, key, seconds = ANSWERS[why]  # type: ignore[index]
        status, body, headers = self._problem(environ, found, Message(key))
        if seconds:
            headers = [("Retry-After", str(seconds)), *headers]
        if status == 401:
            headers = [("WWW-Authenticate", "Bearer"), *headers]
        return status, body, headers

    def _refusal(self, environ: dict[str, Any], invalid: Invalid) -> Answer:
        return self._problem(environ, 413 if isinstance(invalid, wire.TooLarge) else 400, invalid)

    def _problem(
        self, environ: dict[str, Any], status: int, problem: ItopsError | Message
    ) -> Answer:
        """Return a refusal, under a number that the log has too: nobody else writes it down."""
        number = secrets.token_hex(6)
        found = document(status, problem, self._language_of(environ), instance=number)
        facts = {"request_id": number, "status": status, "address": environ.get("REMOTE_ADDR", "")}
        log.info("report refused", extra={**facts, "reason": found["type"]})
        headers = [("Content-Type", CONTENT_TYPE), ("X-Request-ID", number), *ALWAYS]
        return status, msgspec.json.encode(found), headers

    def _language_of(self, environ: dict[str, Any]) -> str:
        return best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self.language)


ALWAYS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
]
GOOD = [("Content-Type", "application/json"), *ALWAYS]


def key_of(environ: dict[str, Any]) -> Key | None:
    """Return the key that a request came by; None if it can't be one, or nothing is posted."""
    found = BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None or environ["REQUEST_METHOD"] != "POST":
        return None
    return found[1].lower(), secret_hash(found[2])


def length_of(environ: dict[str, Any]) -> int | None:
    """Return how long the body says to be; None if it doesn't say. Raise Invalid."""
    given = environ.get("CONTENT_LENGTH") or ""
    if not given:
        return None
    if not given.isdecimal():
        raise Invalid("report.length", field="Content-Length")
    if len(given) > 12 or int(given) > wire.MOST_WIRE_BYTES:
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    return int(given)


def read(environ: dict[str, Any], size: int) -> bytes:
    """Return at most `size` bytes of a WSGI request's body. Raise Invalid."""
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except (ClientDisconnected, OSError):
        raise Invalid("report.cut_short", field="Content-Length") from None
    return body


def is_light(body: bytes, environ: dict[str, Any]) -> bool:
    """Whether a body is parsed in next to no time; gzip says at its end what it unpacks to."""
    if environ.get("HTTP_CONTENT_ENCODING"):
        return int.from_bytes(body[-4:], "little") <= MOST_LIGHT
    return len(body) <= MOST_LIGHT


def delivery_of(environ: dict[str, Any], key: Key, body: bytes) -> Delivery:
    """Return a body, unpacked and parsed. Raise Invalid."""
    received_at = utcnow().timestamp()
    if len(body) > wire.MOST_WIRE_BYTES:
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    given = environ.get("CONTENT_LENGTH")
    if given and len(body) != int(given):
        raise Invalid("report.cut_short", field="Content-Length")
    text = wire.unpacked(body, environ.get("HTTP_CONTENT_ENCODING", "").lower())
    envelope, reports, refused = opening.opened(text)
    address = environ.get("REMOTE_ADDR", "")[:45]
    return Delivery(*key, address, received_at, envelope, reports, refused)


def receipt(taken: Receipt, at: float, language: str) -> bytes:
    """Return the acknowledgement: what is ours now, what was before, what never will be."""
    return msgspec.json.encode(
        {
            "accepted": taken.accepted,
            "already": taken.already,
            "refused": [_refused(each, language) for each in taken.refused],
            "server_time": round(at, 3),
            "enrolment": taken.enrolment,
            "inventory_wanted": taken.inventory_wanted,
        }
    )


def _refused(refusal: Refusal, language: str) -> dict[str, Any]:
    return {
        "seq": refusal.seq,
        "key": refusal.message.key,
        "field": refusal.field,
        "message": say(refusal.message, language),
    }
