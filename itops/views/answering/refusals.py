"""What somebody was not allowed to change, or a token to read, is written down on its own."""

from flask import Flask, Response, g, request
from flask_login import current_user

from itops.auth.actors import actor
from itops.clock import utcnow
from itops.db import db, writing
from itops.models import Result
from itops.services import public_limits
from itops.services.auditing import record
from itops.views.answering.door import SAFE_METHODS

ACTION = "request.refused"
#: Refused only because an administrator asked from elsewhere; looking is told, too.
FROM_ELSEWHERE = "request.refused_for_address"
#: So many of one person's refusals in ten minutes are written down one by one; of more, only that
#: there were so many.
ONE_BY_ONE = 5
SUMMED = {10, 100, 1000, 10_000}


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
    number = public_limits.tally(f"{action} {by.id}", most=max(SUMMED), at=at)
    if number <= ONE_BY_ONE:
        record(action, by=by, at=at, after={"route": endpoint}, result=Result.REFUSED)
    elif number in SUMMED:
        after = {"route": endpoint, "refusals": number}
        record(action, by=by, at=at, after=after, result=Result.REFUSED)


def _is_from_elsewhere() -> bool:
    return bool(g.get("is_refused_for_address"))
