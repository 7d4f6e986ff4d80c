"""What somebody was not allowed to change, or a token to read, is written down on its own."""

from datetime import timedelta

from flask import Flask, Response, g, request
from flask_login import current_user
from sqlalchemy import func, select

from itops.auth.actors import actor
from itops.clock import utcnow
from itops.db import db, writing
from itops.models import AuditEntry, Result
from itops.services.auditing import record
from itops.views.answering.door import SAFE_METHODS

ACTION = "request.refused"
#: Refused only because an administrator asked from elsewhere; looking is told, too.
FROM_ELSEWHERE = "request.refused_for_address"
#: So many of one person's refusals are written down a minute; the rest says nothing new.
WRITTEN_A_MINUTE = 5


def init_app(app: Flask) -> None:
    """Look at every answer that refuses."""
    app.after_request(note)


def note(response: Response) -> Response:
    """Write a refused change down, unless the same person's were just now."""
    if (
        response.status_code == 403
        and (request.method not in SAFE_METHODS or "token_name" in g or _is_from_elsewhere())
        and request.endpoint
        and current_user.is_authenticated
    ):
        db.session.rollback()
        with writing():
            _write(request.endpoint)
            db.session.commit()
    return response


def _write(endpoint: str) -> None:
    by, at = actor(), utcnow()
    action = FROM_ELSEWHERE if _is_from_elsewhere() else ACTION
    lately = select(func.count()).where(
        AuditEntry.action == action,
        AuditEntry.actor_id == by.id,
        AuditEntry.at > at - timedelta(minutes=1),
    )
    if db.session.scalars(lately).one() < WRITTEN_A_MINUTE:
        record(action, by=by, at=at, after={"route": endpoint}, result=Result.REFUSED)


def _is_from_elsewhere() -> bool:
    return bool(g.get("is_refused_for_address"))
