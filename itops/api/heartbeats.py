"""/api/v1/heartbeats/<code>: whoever makes a backup tells that it began, ended well or failed.

curl -X POST -fsS -m 10 --retry 5 https://itops.hospital.example/api/v1/heartbeats/CODE/start
pg_dump … && curl … "…/CODE?size=$(stat -c %s lis.dump)" || curl … "…/CODE/fail"
curl … "…/CODE/$?"      # or by the exit code
"""

import re

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import open_to_all
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Message
from itops.i18n import best_language
from itops.models import BackupJob, RunState
from itops.services.backups import judging, proving, runs
from itops.services.backups.runs import Told
from itops.services.secrets.secrecy import secret_hash

bp = Blueprint("heartbeats", __name__, url_prefix="/api/v1/heartbeats")
#: So much of what the maker printed is kept, its end.
MOST_WORDS = 2_000
LARGEST = 2**60
SHA256 = re.compile(r"[0-9a-f]{64}")


@bp.route("/<string(length=32):code>", methods=["POST"])
@bp.route("/<string(length=32):code>/<string(maxlength=5):how>", methods=["POST"])
@open_to_all("the code in the address is what opens")
def hear(code: str, how: str = "0") -> ResponseReturnValue:
    """Write down a heartbeat. 404: a code that is nobody's; 400: a word that we don't know."""
    words = _words()
    job = db.session.scalar(select(BackupJob).where(BackupJob.token_hash == secret_hash(code)))
    if job is None or not job.is_enabled:
        db.session.rollback()
        return _problem(404, "heartbeat.unknown")
    told = _told(how, words)
    if told is None:
        db.session.rollback()
        return _problem(400, "heartbeat.wrong")
    at = utcnow()
    runs.hear(job, told, at=at)
    judging.judge(job, at=at)
    proving.tell(job, at=at)
    db.session.commit()
    return {"heard": told.state.value}


def _told(how: str, words: str) -> Told | None:
    """Return what the address says; None if it makes no sense."""
    size, sha256 = request.args.get("size", ""), request.args.get("sha256", "").lower()
    is_number = size.isascii() and size.isdigit() and len(size) < 20
    if size and not (is_number and int(size) < LARGEST):
        return None
    if sha256 and not SHA256.fullmatch(sha256):
        return None
    state = _state(how)
    if state is None:
        return None
    kept = {"words": words} if words else {}
    return Told(state, int(size) if size else None, sha256, kept)


def _state(how: str) -> RunState | None:
    if how == "start":
        return RunState.STARTED
    if how == "fail":
        return RunState.FAILED
    if how.isascii() and how.isdigit():
        return RunState.DONE if int(how) == 0 else RunState.FAILED
    return None


def _words() -> str:
    """Return the end of the body as text, whatever it is."""
    body = request.get_data(cache=False)[-MOST_WORDS:]
    return body.decode("utf-8", "replace").replace("\0", "").strip()


def _problem(status: int, key: str) -> ResponseReturnValue:
    language = best_language(request.headers.get("Accept-Language", ""), settings().language)
    about = document(status, Message(key), language, instance=g.get("request_id", ""))
    return about, status, {"Content-Type": CONTENT_TYPE}
