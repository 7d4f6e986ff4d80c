"""What a person, or a program, reads when something can't be done."""

import logging
from contextlib import suppress

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DatabaseError, OperationalError
from werkzeug.exceptions import HTTPException

from itops import sqlite
from itops.auth.permissions import NotFromHere
from itops.auth.sessions import forget_person, settings
from itops.db import db
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Conflict, Invalid, Message, Refused
from itops.i18n import say
from itops.views.answering.frame import bare
from itops.views.answering.language import language

log = logging.getLogger(__name__)
#: Codes with a page of their own words (`problem.404.title`, templates/errors/404.html).
KNOWN = {400, 401, 403, 404, 405, 409, 413, 421, 429, 500, 503}
#: Codes whose page is another's.
SHOWN_AS = {401: 403, 405: 400}


def init_app(app: Flask) -> None:
    """Answer every error with a page for people and a problem document for programs."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(Conflict, lambda error: _answer(409, error.message))
    app.register_error_handler(Refused, lambda error: _answer(409, error.message))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DatabaseError, _damaged)
    app.register_error_handler(Exception, _bug)


def wants_json() -> bool:
    """Whether the answer is for a program."""
    asks_for_json = request.accept_mimetypes.best == "application/json"
    return asks_for_json or request.path.startswith("/api/")


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    page = _page_with_the_form() if code == 405 else None
    if page is not None:
        return redirect(page)
    usual = Message(f"problem.{code if code in KNOWN else 400}.{_told_to(code)}")
    answer = _answer(code, error.message if isinstance(error, NotFromHere) else usual)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            answer.headers[name] = value
    return answer


def _told_to(code: int) -> str:
    """Return whose words fit: a program with a token has nowhere to sign in, and sees no page."""
    is_for_programs = request.path.startswith("/api/v1/") and code in {401, 403, 404}
    return "token" if is_for_programs else "title"


def _page_with_the_form() -> str | None:
    """Return the page on which the form of this address stands, when somebody only looks at it.

    A refused form is shown under the address that refused it; reloading that, or coming back to it
    after signing in, asks for a page that there is not.
    """
    path = request.path if request.method == "GET" and not wants_json() else ""
    routes = current_app.create_url_adapter(request)
    while path.count("/") > 1 and routes is not None:
        path = path.rpartition("/")[0]
        with suppress(HTTPException):
            routes.match(path, method="GET")
            return path
    return None


def _invalid(error: Invalid) -> ResponseReturnValue:
    return _answer(400, error.message, error)


def _database(error: DatabaseError) -> ResponseReturnValue:
    log.error("database", exc_info=error)
    db.session.rollback()
    answer = _answer(503, Message("problem.503.title"))
    answer.headers["Retry-After"] = "10"
    return answer


def _damaged(error: DatabaseError) -> ResponseReturnValue:
    """Answer to a damaged file as to one that can't be reached: nothing of it is shown."""
    return _database(error) if sqlite.is_broken(error.orig) else _bug(error)


def _bug(error: Exception) -> ResponseReturnValue:
    log.error("bug", exc_info=error, extra={"request_id": g.get("request_id", "")})
    db.session.rollback()
    return _answer(500, Message("problem.500.title"))


def _answer(code: int, message: Message, error: Invalid | None = None) -> Response:
    if code >= 500:
        forget_person()
        g.frame = bare()
    if wants_json():
        found = document(code, error or message, language())
        response = jsonify(found | {"instance": g.get("request_id", "")})
        response.content_type = CONTENT_TYPE
    else:
        is_general = message.key.startswith("problem.")
        response = Response(_page(code, "" if is_general else say(message, language())))
    response.status_code = code
    return response


def _page(code: int, sentence: str) -> str:
    """Return the page of `code`; `sentence`, if any, says more exactly what happened."""
    shown = SHOWN_AS.get(code, code) if code in KNOWN else 400
    return render_template(
        f"errors/{shown}.html",
        sentence=sentence,
        request_number=g.get("request_id", ""),
        own_url=settings().own_url,
    )
