"""One's own account: the password, the browsers, the language."""

from typing import Any

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Role, User, UserSession
from itops.services.users.passwords import hashed, matches
from itops.views.users.browsers import browser_name
from tests import factories

OLD, NEW = "a good long sentence", "another long sentence"


@pytest.fixture(scope="module")
def kept():
    return hashed(OLD)


def change(client: Any, present: str = OLD, password: str = NEW, again: str = NEW) -> Any:
    typed = {"present": present, "password": password, "again": again}
    return client.post("/account/password", data=typed)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_person_changes_the_password_and_stays_signed_in_here_alone(sign_in, kept):
    here = sign_in(Role.ENGINEER, login="li", password_hash=kept)
    assert change(here).status_code == 302
    assert here.get("/account").status_code == 200
    db.session.expire_all()
    li = db.session.scalars(select(User).where(User.login == "li")).one()
    assert matches(li.password_hash, NEW)
    assert [row.revoked_at is None for row in db.session.scalars(select(UserSession))] == [
        False,
        True,
    ]
    assert actions() == ["user.password_set"]


def test_a_wrong_present_password_changes_nothing_and_counts(sign_in, kept):
    client = sign_in(Role.ENGINEER, login="li", password_hash=kept)
    for _ in range(5):
        assert "not the present password" in change(client, present="wrong").text
    assert "locked" in change(client).text
    li = db.session.scalars(select(User).where(User.login == "li")).one()
    assert li.password_hash == kept
    assert actions() == ["sign_in.failed", "sign_in.locked"]


def test_a_weak_new_password_is_refused_with_its_reason(sign_in, kept):
    client = sign_in(Role.ENGINEER, password_hash=kept)
    assert "Too short" in change(client, password="x", again="x").text


def test_a_person_ends_another_browser_with_the_password_only(sign_in, kept):
    here = sign_in(Role.ENGINEER, login="li", password_hash=kept)
    mine = db.session.scalars(select(UserSession)).one()
    there = UserSession(
        token_hash=b"x" * 32,
        address="10.0.0.9",
        user_id=mine.user_id,
        created_at=mine.created_at,
        last_used_at=mine.last_used_at,
        ends_at=mine.ends_at,
    )
    db.session.add(there)
    db.session.commit()
    address = f"/account/sessions/{there.id}/end"
    empty, wrong = here.post(address), here.post(address, data={"proof": "wrong"})
    assert (empty.status_code, wrong.status_code) == (422, 422)
    assert "This has to be filled in" in empty.text
    assert "not the present password" in wrong.text
    assert here.post("/account/sessions/end-all").status_code == 422
    assert actions() == ["sign_in.failed"]
    (failed,) = db.session.scalars(select(AuditEntry))
    assert failed.actor_id == mine.user_id
    assert here.post(address, data={"proof": OLD}).status_code == 302
    assert actions() == ["sign_in.failed", "session.ended"]
    assert here.get("/account").status_code == 200


def test_a_person_ends_a_session_of_theirs_and_no_other(sign_in):
    mine, others = sign_in(Role.ENGINEER, login="li"), sign_in(Role.ENGINEER, login="wang")
    first, second = db.session.scalars(select(UserSession.id).order_by(UserSession.id))
    assert mine.post(f"/account/sessions/{second}/end").status_code == 404
    assert others.get("/account").status_code == 200
    assert mine.post(f"/account/sessions/{first}/end").status_code == 302
    assert mine.get("/account").status_code == 302
    assert actions() == ["session.ended"]


def test_a_person_signs_out_everywhere(sign_in, kept):
    client = sign_in(Role.ENGINEER, password_hash=kept)
    client.post("/account/sessions/end-all", data={"proof": OLD})
    assert client.get("/account").status_code == 302
    assert actions() == ["session.all_ended"]


def test_a_language_is_kept_for_the_person_and_written_down_once(sign_in):
    client = sign_in(Role.ENGINEER)
    for _ in range(2):
        client.post("/look", data={"language": "zh_Hans", "from": "/account"})
    assert "我的账号" in client.get("/account").text
    assert actions() == ["user.language_chosen"]


def test_what_a_browser_calls_itself_is_shown_and_not_run(app, sign_in):
    client = sign_in(Role.ENGINEER)
    row = db.session.scalars(select(UserSession)).one()
    row.browser = "<img src=x onerror=alert(1)>"
    page = client.get("/account").text
    assert "&lt;img" in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 6.1; Win64; x64) Chrome/109.0.0.0 Safari/537.36",
            "Chrome 109, Windows 7",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0",
            "Firefox 115, Windows",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_browsers_have_names(agent, name):
    assert browser_name(agent) == name


def test_somebody_without_a_role_reaches_nothing(app, sign_in):
    client = sign_in(Role.ENGINEER)
    person = db.session.scalars(select(User)).one()
    person.grants.clear()
    factories.user()
    assert client.get("/account").status_code == 403
    assert client.post("/sign-out").location == "/sign-in"


def test_a_person_reads_what_they_may_do_and_where(sign_in):
    ward = factories.department(name_en="Laboratory")
    nurse = sign_in(Role.REPORTER, site=ward.site, department=ward)
    page = nurse.get(nurse.get("/start").location).text
    assert "Reporter" in page
    assert "Laboratory" in page
    assert "Your role has no pages to look at." in page
    assert 'href="/report"' in page
    assert "no pages" not in sign_in(Role.ENGINEER).get("/account").text


@pytest.mark.parametrize("path", ["/account/sessions/end-all", "/account/password"])
def test_a_password_left_empty_is_no_guess(sign_in, kept, path):
    client = sign_in(Role.ENGINEER, login="li", password_hash=kept)
    for _ in range(6):
        answer = client.post(path, data={"present": "", "proof": "", "password": NEW, "again": NEW})
        assert answer.status_code == 422
        assert "This has to be filled in" in answer.text
    db.session.expire_all()
    assert db.session.scalars(select(User).where(User.login == "li")).one().failures == 0
    assert change(client).status_code == 302
