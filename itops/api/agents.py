"""POST /api/v1/agents/enroll: an agent trades a code for a key of its own."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

import msgspec
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from itops.api import wire
from itops.api.wire import Bounds
from itops.auth.permissions import open_to_all
from itops.clock import monotonic, utcnow
from itops.db import db
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Invalid, ItopsError, Message
from itops.i18n import best_language
from itops.models.audit import Result
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.enrolling import enrolment

PATIENCE = "enrolment_patience"
bp = Blueprint("agents", __name__, url_prefix="/api/v1/agents")

BOUNDS = Bounds(nodes=500)
_requests = msgspec.json.Decoder(enrolment.EnrolRequest)


class Patience:
    """How many refused codes an address may send in a while, and when it may try again."""

    def __init__(
        self,
        *,
        most: int = 10,
        seconds: float = 300.0,
        addresses: int = 10_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._most, self._seconds, self._addresses = most, seconds, addresses
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, address: str) -> int:
        """Return for how many seconds the address is not heard; 0 if it is."""
        with self._lock:
            recent = self._recent(address)
            if len(recent) < self._most:
                return 0
            return int(recent[0] + self._seconds - self._clock()) + 1

    def note_failure(self, address: str) -> bool:
        """Count a refused code; return whether it is the first of this address for a while."""
        with self._lock:
            recent = [*self._recent(address), self._clock()]
            self._failures[address] = recent
            self._failures.move_to_end(address)
            if len(self._failures) > self._addresses:
                self._failures.popitem(last=False)
            return len(recent) == 1

    def _recent(self, address: str) -> list[float]:
        since = self._clock() - self._seconds
        return [at for at in self._failures.get(address, ()) if at > since]


def init_app(app: Flask) -> None:
    """Register the entrance, with a patience of this process's own."""
    app.extensions[PATIENCE] = Patience()
    app.register_blueprint(bp)


@bp.post("/enroll")
@open_to_all("the code in the body is what opens")
def enroll() -> ResponseReturnValue:
    """Give a machine that has a good code an identity and a key, told once."""
    address = request.remote_addr or ""
    seconds = _patience().wait_seconds(address)
    if seconds:
        return _problem(429, Message("enrol.too_many"), **{"Retry-After": str(seconds)})
    try:
        asking = wire.decoded(_body(), _requests, BOUNDS)
    except Invalid as invalid:
        return _problem(413 if isinstance(invalid, wire.TooLarge) else 400, invalid)
    return _enrolled(asking, address)


def _enrolled(asking: enrolment.EnrolRequest, address: str) -> ResponseReturnValue:
    at = utcnow()
    try:
        host, key = enrolment.enrol(asking, address=address, at=at)
    except enrolment.CodeRefused as refusal:
        db.session.rollback()
        _note_refusal(address, at)
        return _problem(403, refusal)
    db.session.commit()
    return jsonify(
        host=host.public_id,
        key=key,
        enrolment=host.enrolment.value,
        server_time=round(at.timestamp(), 3),
    ), 201


def _note_refusal(address: str, at: datetime) -> None:
    """Count a refused code; the first of an address for a while goes into the log."""
    if _patience().note_failure(address):
        nobody = Actor(None, "", address)
        auditing.record("host.enrol_refused", by=nobody, at=at, result=Result.REFUSED)
        db.session.commit()


def _patience() -> Patience:
    patience: Patience = current_app.extensions[PATIENCE]
    return patience


def _body() -> bytes:
    """Return the request's body, unpacked. Raise Invalid."""
    if (request.content_length or 0) > wire.MOST_WIRE_BYTES:
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    body = request.get_data(cache=False)
    if len(body) > wire.MOST_WIRE_BYTES:
        raise wire.TooLarge("wire.too_large", most=wire.MOST_WIRE_BYTES)
    if request.content_length is not None and len(body) != request.content_length:
        raise Invalid("report.cut_short", field="Content-Length")
    return wire.unpacked(body, request.headers.get("Content-Encoding", "").lower())


def _problem(status: int, problem: ItopsError | Message, **headers: str) -> Response:
    settings = current_app.config["ITOPS"]
    language = best_language(request.headers.get("Accept-Language", ""), settings.language)
    answer = jsonify(document(status, problem, language, instance=g.get("request_id", "")))
    answer.status_code, answer.content_type = status, CONTENT_TYPE
    answer.headers.extend(headers)
    return answer
