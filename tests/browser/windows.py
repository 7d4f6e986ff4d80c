"""What a real browser needs of us: the app behind a server, and a cookie that is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import cast

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.serving import make_server

from itops.auth import sessions
from itops.clock import utcnow
from itops.db import db
from itops.models import User


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def cookie_of(app: Flask, user: User) -> str:
    """Return the cookie of a browser on which `user` is signed in."""
    db.session.commit()
    with app.test_request_context():
        sessions.begin_session(user, at=utcnow())
        db.session.commit()
        serializer = cast(SecureCookieSessionInterface, app.session_interface)
        signing = serializer.get_signing_serializer(app)
        assert signing
        return str(signing.dumps(dict(session)))
