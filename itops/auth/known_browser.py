"""The cookie of a browser on which somebody has signed in before; it opens nothing."""

from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from itops.models import User
from itops.services.users.known_browsers import KnownBrowser

#: Who was not here for so long is a stranger again.
KNOWN_FOR = timedelta(days=90)
SALT = "itops known browser"


def known_browser() -> KnownBrowser:
    """Return what the browser of this request vouches for; a new one vouches for nobody."""
    try:
        number, marks = _signing().loads(
            request.cookies.get(_name(), ""), max_age=int(KNOWN_FOR.total_seconds())
        )
    except (BadData, TypeError, ValueError):
        return KnownBrowser()
    return KnownBrowser(number, marks)


def remember(user: User) -> None:
    """Let this browser vouch for `user` from now on: the answer brings it the cookie."""
    known = known_browser().after(user.id, user.password_hash)

    @after_this_request
    def bring(response: Response) -> Response:
        response.set_cookie(
            _name(),
            _signing().dumps([known.number, dict(known.marks)]),
            max_age=KNOWN_FOR,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
        return response


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _signing() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=SALT)
