"""Signed-in browsers: the cookie holds a random token, its hash is a row that can be revoked."""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from itops.clock import utcnow
from itops.config import Settings
from itops.db import db, writing
from itops.models import User, UserSession

login_manager = LoginManager()
#: The cookie's entry with the token.
TOKEN = "token"  # noqa: S105 - a name, not a secret
#: A session's last use is written down this often at most.
TOUCH_EVERY = timedelta(minutes=1)


def hashed(token: str) -> bytes:
    """Return what is stored of a random token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def begin_session(user: User, *, at: datetime) -> None:
    """Sign `user` in on this browser, under a new token; any session it had is over."""
    end_session(at=at)
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_hash=hashed(token),
        user_id=user.id,
        created_at=at,
        last_used_at=at,
        ends_at=at + timedelta(hours=settings().session_hours),
        address=request.remote_addr or "",
        browser=request.user_agent.string[:200],
    )
    db.session.add(row)
    session[TOKEN] = token


def end_session(*, at: datetime) -> None:
    """Sign this browser out, if it is signed in."""
    token = session.pop(TOKEN, None)
    if token:
        db.session.execute(
            update(UserSession)
            .where(UserSession.token_hash == hashed(token), UserSession.revoked_at.is_(None))
            .values(revoked_at=at)
        )


def session_of_request(*, at: datetime) -> UserSession | None:
    """Return this browser's session with its person and grants, if it is alive. One query."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    row = db.session.scalar(
        select(UserSession)
        .where(UserSession.token_hash == hashed(token))
        .options(joinedload(UserSession.user).joinedload(User.grants))
    )
    idle = timedelta(minutes=settings().session_idle_minutes)
    if row is None or row.revoked_at or row.ends_at <= at or row.last_used_at + idle <= at:
        return None
    return row


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


def _load(_request: object) -> User | None:
    at = utcnow()
    row = session_of_request(at=at)
    if row is None or not row.user.is_enabled:
        return None
    g.grants = row.user.grants_at(at)
    _touch(row, at=at)
    return row.user


def _touch(row: UserSession, *, at: datetime) -> None:
    """Write down that the session is in use, in a transaction of its own."""
    if at - row.last_used_at < TOUCH_EVERY or request.method != "GET":
        return
    with writing(), db.engine.begin() as connection:
        connection.execute(
            update(UserSession).where(UserSession.id == row.id).values(last_used_at=at)
        )
