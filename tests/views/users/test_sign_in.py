"""The sign-in page: what it says, whom it lets in, and where to."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, Role, RoleGrant, UserSession
from itops.services.users.passwords import hashed
from tests import factories

GOOD = "a good long sentence"


@pytest.fixture(scope="module")
def kept():
    return hashed(GOOD)


@pytest.fixture
def person(app, kept):
    return factories.user(role=Role.ENGINEER, login="zhang", password_hash=kept)


def knock(client: Any, login: str = "zhang", password: str = GOOD, **given: Any) -> Any:
    return client.post("/sign-in", data={"login": login, "password": password}, **given)


def cookie_of(client: Any) -> Any:
    return client.get_cookie("itops").value


def test_a_person_signs_in_with_name_and_password(client, person):
    assert client.get("/sign-in").status_code == 200
    assert knock(client).location == "/start"
    assert client.get("/account").status_code == 200


def test_an_installation_without_an_administrator_says_where_the_link_is(client):
    assert "itops run" in client.get("/sign-in").text


def test_unknown_wrong_locked_and_shut_are_answered_alike(client, person, kept):
    factories.user(login="shut", password_hash=kept, is_enabled=False)
    factories.user(login="new", password_hash="")
    locked = utcnow() + timedelta(minutes=9)
    factories.user(login="locked", password_hash=kept, locked_until_at=locked)
    tries = [("zhang", "wrong"), ("who", GOOD), ("shut", GOOD), ("new", ""), ("locked", GOOD)]
    pages = [knock(client, *typed) for typed in tries]
    assert {page.status_code for page in pages} == {422}
    texts = {
        page.text.replace(f'value="{login}"', "")
        for page, (login, _) in zip(pages, tries, strict=True)
    }
    assert len(texts) == 1


def test_what_was_typed_stays_but_for_the_password(client, person):
    page = knock(client, 'zh"><script>', "hunter2 is secret").text
    assert 'value="zh&#34;&gt;&lt;script&gt;"' in page
    assert "hunter2" not in page


def test_too_many_tries_from_one_address_have_to_wait(client, person):
    for _ in range(21):
        knock(client, "nobody", "x")
    answer = knock(client)
    assert answer.status_code == 429
    assert "wait" in answer.text


def test_signing_in_changes_the_session_and_ends_the_old_one(client, person):
    knock(client)
    before = cookie_of(client)
    other = client.application.test_client()
    other.set_cookie("itops", before)
    knock(client)
    assert cookie_of(client) != before
    assert other.get("/account").status_code == 302


def test_signing_out_makes_the_old_cookie_useless(client, person):
    knock(client)
    stolen = cookie_of(client)
    client.post("/sign-out")
    client.set_cookie("itops", stolen)
    assert client.get("/account").location == "/sign-in"


def test_a_session_that_is_revoked_is_over_with_the_next_request(client, person):
    knock(client)
    db.session.execute(update(UserSession).values(revoked_at=utcnow()))
    assert client.get("/account").status_code == 302
    assert "was ended, by you or an administrator" in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"last_used_at": timedelta(minutes=-31)}, "nothing happened for a while"),
        ({"ends_at": timedelta(seconds=-1)}, "one working day at most"),
    ],
)
def test_a_session_ends_by_itself_and_the_person_is_told_why_once(client, person, values, words):
    knock(client)
    db.session.execute(update(UserSession).values({k: utcnow() + v for k, v in values.items()}))
    assert client.get("/account").location == "/sign-in"
    assert words in client.get("/sign-in").text
    assert words not in client.get("/sign-in").text


@pytest.mark.parametrize(("headers", "is_use"), [({}, True), ({"HX-Request": "true"}, False)])
def test_what_a_page_asks_again_by_itself_does_not_keep_a_session_alive(
    client, person, headers, is_use
):
    knock(client)
    before = utcnow() - timedelta(minutes=20)
    db.session.execute(update(UserSession).values(last_used_at=before))
    db.session.commit()
    assert client.get("/account", headers=headers).status_code == 200
    db.session.expire_all()
    assert (db.session.scalars(select(UserSession.last_used_at)).one() > before) == is_use


def test_a_person_comes_back_to_the_page_that_was_asked_for(client, person):
    client.get("/account?a=1&a=2")
    assert knock(client).location == "/account?a=1&a=2"


@pytest.mark.parametrize(
    "query",
    [
        "next=/%09/evil.example",
        "next=//evil.example",
        "_external=1&_scheme=javascript",
        "_anchor=x&_method=POST",
        "endpoint=evil",
        "x=" + "y" * 600,
    ],
)
def test_no_address_that_was_given_is_ever_gone_to(client, person, query):
    client.get(f"/account?{query}")
    location = knock(client).location
    assert location.startswith(("/account", "/start"))
    assert not location.startswith(("//", "/\\", "/\t"))


def test_a_change_by_somebody_signed_out_is_not_repeated(client, person):
    assert client.post("/account/sessions/end-all").location == "/sign-in"
    assert knock(client).location == "/start"


def test_a_program_and_htmx_are_told_in_their_own_way(client):
    assert (
        client.get("/account", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in"
    )
    assert client.get("/account", headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_can_not_sign_a_browser_in(client, person, site):
    assert knock(client, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_signing_in_out_and_failing_are_each_one_line_of_the_log(client, person):
    knock(client, password="wrong")
    knock(client)
    client.post("/sign-out")
    found = db.session.execute(select(AuditEntry.action, AuditEntry.actor_name))
    assert [tuple(row) for row in found] == [
        ("sign_in.failed", ""),
        ("sign_in.done", person.name),
        ("sign_out.done", person.name),
    ]


@pytest.mark.parametrize(
    "address", ["/sign-in", "/welcome/x\r\nSet-Cookie: a=b", "/welcome/%0d%0aX: y"]
)
def test_no_header_comes_from_an_address(client, address):
    answer = client.get(address)
    assert answer.status_code in {200, 404, 410}
    assert "X" not in answer.headers
    assert not any("a=b" in value for value in answer.headers.getlist("Set-Cookie"))


def test_words_that_come_after_the_session_ended_stay_and_are_sent_again(client, person):
    ticket = factories.ticket()
    knock(client)
    db.session.execute(update(UserSession).values(ends_at=utcnow()))
    typed = {"version": "1", "to": "all", "text": "\n换了电源\n<b>好了</b>"}
    late = client.post(f"/tickets/{ticket.id}/note", data=typed)
    assert late.status_code == 401
    assert "don&#39;t close it" in late.text
    assert "换了电源\n&lt;b&gt;好了&lt;/b&gt;</p>" in late.text
    assert f'action="/tickets/{ticket.id}/note"' in late.text
    assert '<textarea hidden name="text">\n\n换了电源' in late.text
    knock(client)
    assert client.post(f"/tickets/{ticket.id}/note", data=typed).status_code == 303


def test_a_form_with_a_secret_is_not_shown_after_the_session_ended(client, person):
    late = client.post("/account/password", data={"old": GOOD, "password": "also very secret"})
    assert late.location == "/sign-in"
    assert "secret" not in late.text


def test_who_holds_no_role_can_still_sign_out(sign_in):
    client = sign_in(Role.REPORTER, login="li")
    db.session.execute(delete(RoleGrant))
    db.session.commit()
    page = client.get("/account")
    assert page.status_code == 403
    assert 'action="/sign-out"' in page.text
    assert client.post("/sign-out").status_code == 302
    assert client.get("/account").status_code == 302
