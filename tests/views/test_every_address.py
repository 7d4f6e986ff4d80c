"""Whatever stands behind the question mark of an address: an answer, never a 5xx.

What a page looks for there is heard from the page itself, while it is asked for.
"""

import shutil
from random import Random
from typing import ClassVar
from urllib.parse import parse_qsl

import pytest
from flask import Request
from sqlalchemy import select
from werkzeug.datastructures import ImmutableMultiDict

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.models import Role, User
from tests import every_page
from tests.auth.test_hostile_forms import NASTY
from tests.conftest import Client, signed_in_as

pytestmark = pytest.mark.slow
MORE_NASTY = (
    *("%", "%%%", "_", "*", "ORDER BY 1", "1;SELECT 1", "name desc", "__class__", "{0.__class__}"),
    *(
        "//evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "file:" + "///etc/passwd",
        "..%2f",
    ),
)
VALUES = NASTY + MORE_NASTY
#: Answers that are not pages: they are asked for by programs with keys of their own.
NOT_FOR_PEOPLE = ("/api/", "/metrics")
#: The authority that this server has not, a seal before the first night, and the second step of a
#: sign-in that nobody began.
NOT_THERE = {"/agent/authority.pem": 404, "/audit/seal": 404, "/sign-in/code": 410}


class Heard(ImmutableMultiDict[str, str]):
    """What an address says, and what was looked for in it."""

    wanted: ClassVar[set[str]] = set()

    def get(self, key, *given, **more):
        self.wanted.add(key)
        return super().get(key, *given, **more)

    def getlist(self, key, *given, **more):
        self.wanted.add(key)
        return super().getlist(key, *given, **more)

    def __getitem__(self, key):
        self.wanted.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.wanted.add(key)
        return super().__contains__(key)


class Hearing(Request):
    parameter_storage_class = Heard


@pytest.fixture(scope="module")
def hospital(migrated, tmp_path_factory):
    """An app with one of everything, somebody who may see it all, and the addresses."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copy(migrated / "itops.db", folder)
    app = create_app(Settings(data_dir=folder))
    app.testing, app.test_client_class, app.request_class = True, Client, Hearing
    with app.app_context():
        client = signed_in_as(app, Role.HEAD, login="chief")
        every_page.fill(db.session.scalars(select(User).where(User.login == "chief")).one())
        return app, client, every_page.addresses(app, client)


def test_every_page_opens(hospital):
    """Else what follows would ask pages that are not there."""
    app, client, found = hospital
    answers = {}
    with app.app_context():
        for route, places in found.items():
            for place in places:
                status = client.get(place).status_code
                if status not in {200, 302, 304} and not route.startswith(NOT_FOR_PEOPLE):
                    answers[place] = status
    assert answers == NOT_THERE


def test_nothing_behind_a_question_mark_breaks_a_page(hospital, full):
    app, client, found = hospital
    broken, asked = {}, 0
    with app.app_context():
        for route, places in found.items():
            if not places or route == "/sign-out":
                continue
            Heard.wanted = set()
            client.get(places[0])
            pairs = [(name, value) for name in sorted(Heard.wanted) for value in VALUES]
            for name, value in Random(route).sample(pairs, full(len(pairs)) if pairs else 0):  # noqa: S311 - the same each time
                path, _, question = places[0].partition("?")
                said = dict(parse_qsl(question)) | {name: value}
                status = client.get(path, query_string=said).status_code
                asked += 1
                if status >= 500:
                    broken[route, name, value[:60]] = status
    print(f"{asked} addresses asked")  # noqa: T201 - the figure of this test
    assert broken == {}
    assert asked > full(len(VALUES) * 50)
