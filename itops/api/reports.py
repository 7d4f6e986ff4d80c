"""POST /api/v1/reports, answered before Flask: the one road that every agent takes every minute.

The body is read only for a key that is known. Parsing is done here, on the request's thread;
one writer takes what was parsed (see `committing`), and its word is what we answer.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected

from itops.api import opening, wire
from itops.api.committing import Failure, GroupCommit
from itops.clock import utcnow
from itops.db import reading
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Invalid, ItopsError, Message
from itops.i18n import best_language, say
from itops.services.intake.known import is_good_key
from itops.services.intake.messages import Delivery, Outcome, Receipt, Refusal, Turned
from itops.services.secrecy import secret_hash

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger(__name__)

PATH = "/api/v1/reports"
#: Keys that are remembered, so that a stranger's body is not read.
MOST_MET = 50_000
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
    """A WSGI app that takes reports and hands every other request on."""

    def __init__(self, others: Wsgi, engine: Engine, *, language: str) -> None:
        self.writer = GroupCommit(engine)
        self._others = others
        self._engine = engine
        self._language = language
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
            status = 413 if isinstance(invalid, wire.TooLarge) else 400
            body, headers = self._problem(environ, status, invalid)
        phrase = HTTPStatus(status).phrase
        start_response(
            f"{status} {phrase}", [("Content-Length", str(len(body))), *headers, *ALWAYS]
        )
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, bytes, list[tuple[str, str]]]:
        if environ["REQUEST_METHOD"] != "POST":
            body, headers = self._problem(environ, 405, Message("report.method"))
            return 405, body, [("Allow", "POST"), *headers]
        found = BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if found is None:
            return self._turn(environ, Turned.UNKNOWN_KEY)
        public_id, key_hash = found[1].lower(), secret_hash(found[2])
        try:
            if not self._is_worth_reading(public_id, key_hash):
                return self._turn(environ, Turned.UNKNOWN_KEY)
        except SQLAlchemyError:
            return self._turn(environ, Failure.BUSY)
        return self._take(environ, public_id, key_hash)

    def _is_worth_reading(self, public_id: str, key_hash: bytes) -> bool:
        """Whether a key was good when it was last asked for; the writer decides if it still is."""
        if self._met.get(public_id) == key_hash:
            return True
        with reading(), self._engine.connect() as connection:
            is_good = is_good_key(connection, public_id, key_hash)
        if is_good:
            if len(self._met) >= MOST_MET:
                self._met.clear()
            self._met[public_id] = key_hash
        return is_good

    def _take(
        self, environ: dict[str, Any], public_id: str, key_hash: bytes
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        received_at = utcnow().timestamp()
        body = wire.unpacked(body_of(environ), environ.get("HTTP_CONTENT_ENCODING", "").lower())
        envelope, reports, refused = opening.opened(body)
        address = environ.get("REMOTE_ADDR", "")[:45]
        outcome = self.writer.submit(
            Delivery(public_id, key_hash, address, received_at, envelope, reports, refused)
        )
        if isinstance(outcome, Receipt):
            language = "en" if not outcome.refused else self._language_of(environ)
            return 200, receipt(outcome, received_at, language), JSON
        if outcome is Turned.UNKNOWN_KEY:
            self._met.pop(public_id, None)
        return self._turn(environ, outcome)

    def _turn(
        self, environ: dict[str, Any], why: Outcome | Failure
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        """Return the answer to a delivery of which nothing was taken."""
        status, key, seconds = ANSWERS[why]  # type: ignore[index]
        body, headers = self._problem(environ, status, Message(key))
        if seconds:
            headers = [("Retry-After", str(seconds)), *headers]
        if status == 401:
            headers = [("WWW-Authenticate", "Bearer"), *headers]
        return status, body, headers

    def _problem(
        self, environ: dict[str, Any], status: int, problem: ItopsError | Message
    ) -> tuple[bytes, list[tuple[str, str]]]:
        """Return a refusal, under a number that the log has too: nobody else writes it down."""
        number = secrets.token_hex(6)
        found = document(status, problem, self._language_of(environ), instance=number)
        facts = {"request_id": number, "status": status, "address": environ.get("REMOTE_ADDR", "")}
        log.info("report refused", extra={**facts, "reason": found["type"]})
        headers = [("Content-Type", CONTENT_TYPE), ("X-Request-ID", number)]
        return msgspec.json.encode(found), headers

    def _language_of(self, environ: dict[str, Any]) -> str:
        return best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self._language)


JSON = [("Content-Type", "application/json")]
ALWAYS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


def body_of(environ: dict[str, Any]) -> bytes:
    """Return the body, of which at most MOST_WIRE_BYTES are read. Raise Invalid."""
    given = environ.get("CONTENT_LENGTH") or ""
    if given and not given.isdecimal():
        raise Invalid("report.length", field="Content-Length")
    if given and (len(given) > 12 or int(given) > wire.MOST_WIRE_BYTES):
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    most = int(given) if given else wire.MOST_WIRE_BYTES + 1
    try:
        body: bytes = environ["wsgi.input"].read(most)
    except (ClientDisconnected, OSError):
        raise Invalid("report.cut_short", field="Content-Length") from None
    if len(body) > wire.MOST_WIRE_BYTES:
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    if given and len(body) != int(given):
        raise Invalid("report.cut_short", field="Content-Length")
    return body


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
