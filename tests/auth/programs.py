"""Programs that ask with a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from itops.auth.tokens import SCOPES
from itops.clock import utcnow
from itops.db import db
from itops.models import ApiToken, User
from itops.services.secrets.secrecy import secret_hash
from itops.services.users.tokens import HINT, PREFIX


@dataclass(frozen=True)
class Program:
    """A program without a cookie, and with a token."""

    app: Flask
    token: str

    def open(self, path: str, **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return self.app.test_client().open(path, headers=headers, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.open(path, **given)


def token_of(user: User, *, scope: Sequence[str] = SCOPES, **given: Any) -> str:
    """Return a token of `user` that works."""
    token = f"{PREFIX}{user.id}-{len(scope)}-{len(db.session.query(ApiToken).all())}-not-random"
    token_row(user, scope=list(scope), token_hash=secret_hash(token), hint=token[:HINT], **given)
    db.session.commit()
    return token


def token_row(user: User, **given: Any) -> ApiToken:
    """Return the row of a token."""
    at: datetime = utcnow()
    filled = {
        "user_id": user.id,
        "name": "Grafana",
        "token_hash": secret_hash(f"{PREFIX}{user.id}"),
        "hint": PREFIX,
        "scope": ["view_health"],
        "created_at": at,
        "ends_at": at + timedelta(days=30),
    }
    made = ApiToken(**filled | given)
    db.session.add(made)
    db.session.flush()
    return made
