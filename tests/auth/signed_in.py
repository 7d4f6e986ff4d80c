"""Browsers on which a person is signed in, for tests that make their own apps or people."""

from flask import Flask, session

from itops.auth import sessions
from itops.clock import utcnow
from itops.db import db
from itops.models import User
from tests.conftest import Client


def browser(app: Flask, user: User) -> Client:
    """Return a browser on which the person is signed in."""
    app.testing = True
    client = Client(app, app.response_class)
    with app.test_request_context():
        sessions.begin_session(user, at=utcnow())
        db.session.commit()
        token = session[sessions.TOKEN]
    with client.session_transaction() as cookie:
        cookie[sessions.TOKEN] = token
    return client
