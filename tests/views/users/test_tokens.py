"""Tokens on the account page: made with the password, shown once, revoked by owner or boss."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import ApiToken, AuditEntry, Role, User
from itops.services.users.passwords import hashed
from tests.auth.programs import Program, token_of

GOOD = "a good long sentence"
FORM = {"name": "Grafana", "scope": ["view_health"], "days": "30", "present": GOOD}


@pytest.fixture(scope="module")
def kept():
    return hashed(GOOD)


@pytest.fixture
def li(sign_in, kept):
    return sign_in(Role.ENGINEER, login="li", name="李明", password_hash=kept)


def make(client: Any, **given: Any) -> Any:
    return client.post("/account/tokens", data=FORM | given)


def shown(page: str) -> str:
    found = re.search(r"itops_[\w-]{43}", page)
    return found[0] if found else ""


def test_a_token_is_shown_once_and_reads_what_it_may(app, li):
    page = make(li).text
    token = shown(page)
    assert token
    assert Program(app, token).get("/api/v1/hosts").status_code == 200
    assert Program(app, token).get("/api/v1/assets").status_code == 403
    again = li.get("/account/tokens").text
    assert token not in again
    assert "Grafana" in again
    assert "last used" in again
    row = db.session.scalars(select(ApiToken)).one()
    assert token.encode() not in row.token_hash
    entry = db.session.scalars(select(AuditEntry).filter_by(action="token.created")).one()
    assert entry.after is not None
    assert token not in str(entry.after)
    assert entry.after["scope"] == ["view_health"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Write a name"),
        ({"name": "x" * 61}, "Write a name"),
        ({"scope": []}, "Choose what it may read"),
        ({"scope": ["manage_users"]}, "Choose what it may read"),
        ({"scope": ["view_health", "view_installation"]}, "Choose what it may read"),
        ({"days": "366"}, "a year at most"),
        ({"days": "0"}, "a year at most"),
        ({"days": ""}, "a year at most"),
        ({"present": "wrong"}, "not the present password"),
    ],
)
def test_a_token_that_is_too_much_is_refused_with_its_reason(li, wrong, words):
    answer = make(li, **wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_person_has_so_many_tokens_at_most(app, li):
    for _ in range(19):
        make(li)
    assert shown(make(li).text)
    assert "revoke one first" in make(li).text


def test_the_owner_revokes_a_token_at_once_and_nobody_elses(app, li, sign_in):
    program = Program(app, shown(make(li).text))
    row = db.session.scalars(select(ApiToken)).one()
    assert sign_in(Role.ENGINEER).post(f"/account/tokens/{row.id}/revoke").status_code == 404
    assert program.get("/api/v1/hosts").status_code == 200
    li.post(f"/account/tokens/{row.id}/revoke")
    assert program.get("/api/v1/hosts").status_code == 401


def test_an_administrator_sees_the_tokens_of_a_person_and_revokes_them(app, li, sign_in, kept):
    program = Program(app, shown(make(li).text))
    row = db.session.scalars(select(ApiToken)).one()
    row.user.grants[0].role = Role.DIRECTOR
    boss = sign_in(Role.SYSTEM_ADMIN)
    row.user.grants[0].role = Role.REPORTER
    assert "Grafana" in boss.get(f"/users/{row.user_id}").text
    boss.post(f"/users/{row.user_id}/tokens/{row.id}/revoke")
    assert program.get("/api/v1/hosts").status_code == 401
    db.session.refresh(row)
    assert row.revoked_by not in {"", "李明"}


def test_shutting_an_account_ends_its_tokens_for_good(app, li, sign_in):
    program = Program(app, shown(make(li).text))
    person = db.session.scalars(select(ApiToken)).one().user
    person.grants[0].role = Role.REPORTER
    boss = sign_in(Role.SYSTEM_ADMIN)
    boss.post(f"/users/{person.id}/shut")
    boss.post(f"/users/{person.id}/open")
    person.grants[0].role = Role.ENGINEER
    assert program.get("/api/v1/hosts").status_code == 401


def test_who_reads_nothing_is_told_that_a_token_would_not_either(sign_in):
    assert "reads nothing that a token could" in sign_in(Role.REPORTER).get("/account/tokens").text


def test_a_token_that_has_ended_is_listed_no_more(app, li):
    person = db.session.scalars(select(User).filter_by(login="li")).one()
    token_of(person, ends_at=utcnow(), name="alter Rechner")
    assert "alter Rechner" not in li.get("/account/tokens").text
