"""Codes that nobody was given are counted: who mistypes one goes on, who tries them out waits."""

from flask import abort, request

from itops.clock import utcnow
from itops.db import db, writing
from itops.services import public_limits
from itops.services.public_limits import TooOften

#: Wrong codes of one address in ten minutes.
MOST_WRONG = 30


def count_wrong() -> None:
    """Count a wrong code, also where a page is only read; too many are told to wait."""
    db.session.rollback()
    with writing():
        try:
            public_limits.count(f"wrong {request.remote_addr}", most=MOST_WRONG, at=utcnow())
        except TooOften:
            abort(429)
        finally:
            db.session.commit()
