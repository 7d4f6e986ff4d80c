"""Programs that ask with a token: who they act as, and what of it is in their scope."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, g, request
from sqlalchemy import update
from werkzeug.datastructures import WWWAuthenticate

from itops.auth.permissions import Permission, may, own_grants_with, refuse
from itops.auth.scopes import reach
from itops.auth.second_step import must_set_up
from itops.auth.sessions import take_grants
from itops.clock import utcnow
from itops.db import db, writing
from itops.models import ApiToken
from itops.services.users import tokens

P = ParamSpec("P")
R = TypeVar("R")

#: What a token can be made for: to read. All but the last open a list of /api/v1.
SCOPES = (
    Permission.VIEW_HEALTH,
    Permission.VIEW_ASSETS,
    Permission.VIEW_ALERTS,
    Permission.VIEW_TICKETS,
    Permission.VIEW_BACKUPS,
    #: The server's own figures (/metrics).
    Permission.VIEW_INSTALLATION,
)


def for_tokens(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only a program reach the view, whose token's person and scope have `permission`.

    Cookies open nothing here (`sessions` looks at the mark): no page of another site can ask.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not _enter():
                abort(401, www_authenticate=WWWAuthenticate("bearer", {"realm": "itops"}))
            if must_set_up():
                abort(403)
            if not may(permission):
                refuse(permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.takes_token = True  # type: ignore[attr-defined]
        return guarded

    return decorate


def token_opens_all(permission: Permission) -> bool:
    """Whether this request has a token that holds `permission` for the whole hospital."""
    return _enter() and not must_set_up() and may(permission) and reach(permission).everywhere


def held_scopes() -> list[Permission]:
    """Return what the person of this request may give to a token."""
    return [permission for permission in SCOPES if own_grants_with(permission)]


def _enter() -> bool:
    """Let the token of this request act; whether there is one that works."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.startswith(tokens.PREFIX):
        return False
    at = utcnow()
    token = tokens.found_by(given.strip(), at=at)
    if token is None:
        return False
    g.token_name = token.name
    g.scope = frozenset(token.scope)
    take_grants(token.user, at=at)
    g._login_user = token.user  # noqa: SLF001 - where Flask-Login keeps the person of a request
    if tokens.touch_is_due(token, address=request.remote_addr or "", at=at):
        _touch(token)
    return True


def _touch(token: ApiToken) -> None:
    """Write down that the token is in use, in a transaction of its own."""
    used = {"last_used_at": utcnow(), "last_address": request.remote_addr or ""}
    with writing(), db.engine.begin() as connection:
        connection.execute(update(ApiToken).where(ApiToken.id == token.id).values(**used))
