"""What every request passes: reader or writer, same origin, a number to quote, safe headers."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from werkzeug.routing import IntegerConverter, Map

from itops.auth.sessions import settings
from itops.db import LARGEST_KEY, begin_request, end_request
from itops.views.answering import own_names
from itops.views.answering.own_names import check_name

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: For a year, also for names below ours: give itops a name of its own (docs/admin.md).
HTTPS_ONLY = "max-age=31536000; includeSubDomains"


class RowKey(IntegerConverter):
    """A number in an address: one that no database could hold leads nowhere, as 404."""

    def __init__(self, rules: Map, **given: Any) -> None:
        super().__init__(rules, **{"max": LARGEST_KEY} | given)


def init_app(app: Flask) -> None:
    """Put the door before every route."""
    app.url_map.converters["int"] = RowKey
    own_names.init_app(app)
    app.before_request(enter)
    app.after_request(leave)
    app.teardown_request(lambda _error: end_request())


def enter() -> None:
    """Take note of what kind of request this is; turn away changes that another site sends."""
    g.request_id = secrets.token_hex(6)
    begin_request(reads_only=request.method in SAFE_METHODS)
    check_name()
    if request.method not in SAFE_METHODS and not is_from_our_own_page():
        abort(403)
    if has_nul():
        abort(400)


def has_nul() -> bool:
    """Whether an address or a form holds the one character that PostgreSQL keeps in no text."""
    given = [request.path, *request.args.keys(), *request.args.values()]
    if request.mimetype in FORMS:
        given += [*request.form.keys(), *request.form.values()]
    return any("\0" in text for text in given)


def is_from_our_own_page() -> bool:
    """Whether the browser says that a page of ours sent this change (see the ADR on forgery).

    Programs send none of these headers; they have no cookie that somebody could ride on.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is None:
        return not request.cookies
    return urlsplit(origin).netloc in {request.host, urlsplit(settings().own_url).netloc}


def leave(response: Response) -> Response:
    """Add the headers that keep a page to itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if not response.cache_control.max_age:
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    return response
