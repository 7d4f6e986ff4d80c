"""Signed-in browsers: the cookie holds a random token, its hash is a row that can be revoked."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload

from itops.auth.known_browser import remember
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db, writing
from itops.models import User, UserSession
from itops.services.secrets.secrecy import secret_hash
from itops.services.users import three_administrators
from itops.services.users.admin_addresses import withheld

login_manager = LoginManager()
#: The cookie's entry with the token.
TOKEN = "token"  # noqa: S105 - a name, not a secret
#: The cookie's entry with why the last session ended by itself, until the person has read it.
ENDED = "ended"
#: The session of a cookie with its person and grants; built once, every request asks it.
BY_TOKEN = (
    select(UserSession)
    .where(UserSession.token_hash == bindparam("token_hash"))
    .options(joinedload(UserSession.user).joinedload(User.grants))
)
#: A session's last use is written down this often at most.
TOUCH_EVERY = timedelta(minutes=1)


def begin_session(user: User, *, at: datetime) -> None:
    """Sign `user` in on this browser, under a new token; any session it had is over."""
    end_session(at=at)
    session.clear()
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_hash=secret_hash(token),
        user_id=user.id,
        created_at=at,
        last_used_at=at,
        ends_at=at + timedelta(hours=settings().session_hours),
        address=request.remote_addr or "",
        browser=request.user_agent.string[:200],
    )
    db.session.add(row)
    session[TOKEN] = token
    remember(user)


def end_session(*, at: datetime) -> None:
    """Sign this browser out, if it is signed in."""
    token = session.pop(TOKEN, None)
    if token:
        db.session.execute(
            update(UserSession)
            .where(UserSession.token_hash == secret_hash(token), UserSession.revoked_at.is_(None))
            .values(revoked_at=at)
        )


def session_of_request() -> UserSession | None:
    """Return this browser's session with its person and grants, alive or not. One query."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    return db.session.scalar(BY_TOKEN, {"token_hash": secret_hash(token)})


def why_over(row: UserSession, *, at: datetime) -> str | None:
    """Return why a session is over: "revoked", "idle" or "too_old"; None while it is alive."""
    if row.revoked_at or not row.user.is_enabled:
        return "revoked"
    if row.last_used_at + timedelta(minutes=settings().session_idle_minutes) <= at:
        return "idle"
    return "too_old" if row.ends_at <= at else None


def forget_person() -> None:
    """Let nobody be signed in for the rest of this request.

    A page that tells of a failure must not ask the database who is reading it. (The name is where
    Flask-Login keeps the person of a request.)
    """
    g.pop("_login_user", None)
    g.setdefault("_login_user", login_manager.anonymous_user())


def settings() -> Settings:
    """Return the settings of the running app."""
    found: Settings = current_app.config["ITOPS"]
    return found


def init_app(app: Flask) -> None:
    """Teach the app who is asking."""
    login_manager.init_app(app)
    login_manager.session_protection = None  # our own rows do this
    login_manager.request_loader(_load)
    login_manager.user_loader(lambda _key: None)


def take_grants(user: User, *, at: datetime) -> None:
    """Let those roles of `user` act in this request that hold now, and from where it comes.

    Where three administrators are kept apart, an account that holds several acts as one.
    """
    held, address = user.grants_at(at), request.remote_addr or ""
    grants = three_administrators.kept(held, at=at)
    g.resting = [grant for grant in held if grant not in grants]
    away = withheld(grants, address=address, networks=settings().admin_networks)
    g.withheld = away
    g.grants = [grant for grant in grants if grant not in away]
    g.stands_in = any(grant.delegated_from_id is not None for grant in grants)


def _load(_request: object) -> User | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_token", False):  # auth/tokens.py; no cookie opens it
        return None
    at = utcnow()
    row = session_of_request()
    if row is None:
        return None
    ended = why_over(row, at=at)
    if ended:
        session.pop(TOKEN)
        session[ENDED] = ended
        return None
    take_grants(row.user, at=at)
    g.session_id = row.id
    _touch(row, at=at)
    return row.user


def _touch(row: UserSession, *, at: datetime) -> None:
    """Write down that the session is in use, in a transaction of its own.

    What a page asks again by itself, by htmx, is no use of it: a screen that somebody left open
    would stay signed in for ever.
    """
    is_of_person = request.method == "GET" and "HX-Request" not in request.headers
    if at - row.last_used_at < TOUCH_EVERY or not is_of_person:
        return
    with writing(), db.engine.begin() as connection:
        connection.execute(
            update(UserSession).where(UserSession.id == row.id).values(last_used_at=at)
        )


def session_secret(data_dir: Path) -> bytes:
    """Return the key that signs cookies; made at the first start, readable by the owner only."""
    path = data_dir / "session.key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()
