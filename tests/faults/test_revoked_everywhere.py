"""What is revoked on one web machine is over on the other within a second, on one PostgreSQL."""

import re
import secrets
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from itops import create_app, setting_texts
from itops.clock import monotonic
from itops.config import Settings
from itops.db import db
from itops.models import Role, UserSession
from itops.services.upgrading import upgrade
from itops.services.users.passwords import hashed
from tests import factories
from tests.components.server import Server

pytestmark = [pytest.mark.faults, pytest.mark.postgresql, pytest.mark.slow]
GOOD = "a good long sentence"
#: What DECISIONS.md promises.
MOST_SECONDS = 1.0


class Browser:
    """A person's browser or program, whose requests go to whichever machine it is told."""

    def __init__(self, **headers: str) -> None:
        self.headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en", **headers}
        self._cookies: dict[str, str] = {}

    def ask(self, machine: Server, path: str, **form: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", machine.port, timeout=30)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        method = "POST" if form else "GET"
        connection.request(method, path, urlencode(form) or None, self.headers | kind)
        answer = connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if self._cookies:
            pairs = (f"{name}={value}" for name, value in self._cookies.items())
            self.headers["Cookie"] = "; ".join(pairs)
        connection.close()
        return answer, page

    def status(self, machine: Server, path: str) -> int:
        return self.ask(machine, path)[0].status


@pytest.fixture
def person(postgresql_url, tmp_path):
    """Somebody with an account in an empty database."""
    url = setting_texts.database_url(postgresql_url)
    app = create_app(Settings(data_dir=tmp_path, database_url=url))
    with app.app_context():
        upgrade(db.engine)
        made = factories.user(role=Role.HEAD, login="li", password_hash=hashed(GOOD))
        db.session.commit()
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def machines(postgresql_url, person, tmp_path):
    """Two web machines with one key for cookies."""
    key, made = secrets.token_bytes(32), []
    for name in ("east", "west"):
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / "session.key").write_bytes(key)
        made.append(Server(tmp_path / name, settings={"ITOPS_DATABASE_URL": postgresql_url}))
        made[-1].start()
    yield made
    for machine in made:
        machine.stop()


def seconds_until(browser: Browser, machine: Server, path: str, status: int) -> float:
    """Return how long a machine goes on answering otherwise."""
    begun = monotonic()
    while browser.status(machine, path) != status:
        assert monotonic() - begun < 10
    return monotonic() - begun


def test_sessions_and_tokens_end_on_every_machine_at_once(machines, person, record_property):
    east, west = machines
    browser, other = Browser(), Browser()
    for one in (browser, other):
        assert one.ask(east, "/sign-in", login="li", password=GOOD)[0].status == 302
        assert one.status(west, "/account") == 200
    latest = select(func.max(UserSession.id))
    form: dict[str, Any] = {"name": "x", "scope": "view_health", "days": "7", "present": GOOD}
    page = browser.ask(east, "/account/tokens", **form)[1]
    token = re.search(r"itops_[\w-]{43}", page)
    assert token
    program = Browser(Authorization=f"Bearer {token[0]}")
    assert program.status(west, "/api/v1/hosts") == 200

    took = {}
    browser.ask(east, "/account/tokens/1/revoke", sure="1")
    took["token"] = seconds_until(program, west, "/api/v1/hosts", 401)
    browser.ask(east, f"/account/sessions/{db.session.scalar(latest)}/end", proof=GOOD)
    took["session"] = seconds_until(other, west, "/account", 302)
    browser.ask(east, "/account/sessions/end-all", proof=GOOD)
    took["all sessions"] = seconds_until(browser, west, "/account", 302)
    for what, seconds in took.items():
        record_property(what, f"{seconds:.3f} s")
    assert max(took.values()) < MOST_SECONDS, took
