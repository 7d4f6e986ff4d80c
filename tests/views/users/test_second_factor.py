"""The second factor on the pages: set up, asked for, required, lost, reset."""

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, Role, SecondFactor, SignInFailure, User, UserSession
from itops.services.users.passwords import hashed
from tests import factories
from tests.services.users.phones import Phone, phone_of

GOOD = "a good long sentence"
PAGE = "/account/second-factor"


@pytest.fixture(scope="module")
def kept():
    return hashed(GOOD)


@pytest.fixture
def li(app, kept):
    return factories.user(role=Role.ENGINEER, login="li", password_hash=kept)


@pytest.fixture
def asked_of_engineers(app, with_settings):
    with_settings(two_factor_roles=("engineer",))


def actions() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def knock(client: Any, login: str = "li") -> Any:
    return client.post("/sign-in", data={"login": login, "password": GOOD})


def show_code(client: Any, code: str) -> Any:
    return client.post("/sign-in/code", data={"code": code})


def scanned(page: str) -> Phone:
    """Return the phone into which somebody typed the key that the page shows."""
    key = re.search(r'<code class="long">([A-Z2-7 ]+)</code>', page)
    assert key
    return Phone(base64.b32decode(key[1].replace(" ", "")))


def test_a_person_sets_it_up_and_signs_in_with_it(client, li):
    knock(client)
    begun = client.post(f"{PAGE}/begin", data={"present": GOOD}).text
    phone = scanned(begun)
    assert "<svg" in begun
    before = client.get_cookie("itops").value
    done = client.post(f"{PAGE}/confirm", data={"code": phone.code(at=utcnow())})
    codes = re.findall(r"<code>([0-9A-Z-]{29})</code>", done.text)
    assert len(codes) == 10
    assert client.get_cookie("itops").value != before
    assert "In force" in client.get("/account").text
    client.post("/sign-out")
    assert knock(client).location == "/sign-in/code"
    assert client.get("/account").location == "/sign-in"
    assert show_code(client, codes[0]).location == "/account"
    assert client.get("/account").status_code == 200
    assert actions() == [
        "sign_in.done",
        "second_factor.begun",
        "second_factor.set",
        "sign_out.done",
        "sign_in.done",
    ]


def test_no_page_shows_a_secret_again(client, li):
    knock(client)
    phone = scanned(client.post(f"{PAGE}/begin", data={"present": GOOD}).text)
    wrong = client.post(f"{PAGE}/confirm", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "other digits" in wrong.text
    key = re.compile(r'class="long"|<svg class="qr')
    codes = client.post(f"{PAGE}/confirm", data={"code": phone.code(at=utcnow())}).text
    first = re.search(r"<code>([0-9A-Z-]{29})</code>", codes)
    assert first
    pages = [wrong.text, client.get(PAGE).text, client.get("/account").text]
    assert not any(key.search(page) or first[1] in page for page in pages)


def test_a_code_that_confirmed_does_not_sign_in_as_well(client, li):
    knock(client)
    phone = scanned(client.post(f"{PAGE}/begin", data={"present": GOOD}).text)
    code = phone.code(at=utcnow())
    client.post(f"{PAGE}/confirm", data={"code": code})
    client.post("/sign-out")
    knock(client)
    assert show_code(client, code).status_code == 422


def test_a_wrong_password_changes_nothing_and_counts(client, li):
    knock(client)
    for act in ("begin", "codes", "remove"):
        assert client.post(f"{PAGE}/{act}", data={"present": "wrong"}).status_code == 422
    db.session.expire_all()
    here = select(SignInFailure.id).where(SignInFailure.address.startswith("known "))
    assert (len(db.session.scalars(here).all()), li.second_factor) == (3, None)


def test_a_set_up_that_waited_too_long_begins_again(client, li):
    knock(client)
    phone = scanned(client.post(f"{PAGE}/begin", data={"present": GOOD}).text)
    late = utcnow() - timedelta(minutes=31)
    db.session.execute(update(SecondFactor).values(begun_at=late))
    answer = client.post(f"{PAGE}/confirm", data={"code": phone.code(at=utcnow())})
    assert "begin again" in answer.text


def test_other_browsers_are_signed_out_when_it_comes_and_goes(client, li, app):
    other = app.test_client()
    knock(other)
    knock(client)
    phone = scanned(client.post(f"{PAGE}/begin", data={"present": GOOD}).text)
    client.post(f"{PAGE}/confirm", data={"code": phone.code(at=utcnow())})
    assert other.get("/account").location == "/sign-in"
    knock(other)
    later = phone.code(at=utcnow() + timedelta(seconds=30))
    assert show_code(other, later).location == "/account"
    assert client.post(f"{PAGE}/remove", data={"present": GOOD}).location == "/account"
    assert other.get("/account").location == "/sign-in"
    assert client.get("/account").status_code == 200
    assert knock(other).location == "/account"


def test_wrong_codes_lock_and_slow_down_as_wrong_passwords_do(client, li):
    phone = phone_of(li)
    knock(client)
    answers = [show_code(client, "000000") for _ in range(5)]
    locked = show_code(client, phone.code(at=utcnow()))
    assert {answer.status_code for answer in [*answers, locked]} == {422}
    assert len({answer.text for answer in [*answers, locked]}) == 1
    assert actions() == ["sign_in.failed", "sign_in.locked"]
    for _ in range(16):
        show_code(client, "000000")
    assert show_code(client, phone.paper[0]).status_code == 429


def test_what_stands_between_password_and_code_opens_nothing(client, li):
    phone_of(li)
    knock(client)
    assert db.session.scalars(select(UserSession)).all() == []
    for path in ("/account", "/start", "/hosts", "/api/v1/hosts"):
        assert client.get(path).status_code in {302, 401, 404}


def test_the_half_way_ends_after_a_while_and_with_another_password(client, li, app):
    phone = phone_of(li)
    knock(client)
    with client.session_transaction() as cookie:
        cookie["half"] = {**cookie["half"], "ends": int(utcnow().timestamp())}
    assert show_code(client, phone.paper[0]).status_code == 410
    knock(client)
    li.password_hash = hashed("another good sentence")
    assert show_code(client, phone.paper[0]).status_code == 410
    assert client.get("/sign-in/code").status_code == 410


def test_a_link_for_a_new_password_does_not_go_around_it(client, li, sign_in):
    phone = phone_of(li)
    admin = sign_in(Role.SYSTEM_ADMIN)
    li.grants[0].role = Role.REPORTER
    page = admin.post(f"/users/{li.id}/link").text
    link = re.search(r"/welcome/[\w-]+", page)
    assert link
    new = "another good sentence"
    answer = client.post(link[0], data={"password": new, "again": new})
    assert answer.location == "/sign-in/code"
    assert client.get("/account").location == "/sign-in"
    assert show_code(client, phone.paper[0]).location == "/account"


def test_who_must_have_one_is_led_to_it_before_anything_else(client, li, asked_of_engineers):
    client.get("/hosts")
    assert knock(client).location == "/hosts"
    assert client.get("/hosts").location == PAGE
    assert "Your role signs in with a second factor" in client.get(PAGE).text
    assert client.get("/account").location == PAGE
    assert client.post("/account/sessions/end-all").location == PAGE
    phone = scanned(client.post(f"{PAGE}/begin", data={"present": GOOD}).text)
    client.post(f"{PAGE}/confirm", data={"code": phone.code(at=utcnow())})
    assert client.get("/hosts").status_code == 200
    client.post("/sign-out")


def test_what_was_typed_stays_while_a_second_factor_is_set_up(client, li, asked_of_engineers):
    ticket = factories.ticket()
    knock(client)
    late = client.post(f"/tickets/{ticket.id}/note", data={"text": "换了电源", "version": "1"})
    assert late.status_code == 401
    assert "换了电源" in late.text


def test_who_need_not_have_one_is_asked_nothing(client, asked_of_engineers, kept):
    factories.user(role=Role.DIRECTOR, login="chen", password_hash=kept)
    knock(client, "chen")
    assert client.get("/hosts").status_code == 200


def test_words_of_a_session_that_ended_stay_through_both_steps(client, li):
    phone, ticket = phone_of(li), factories.ticket()
    knock(client)
    show_code(client, phone.paper[0])
    db.session.execute(update(UserSession).values(ends_at=utcnow()))
    typed = {"version": "1", "to": "all", "text": "换了电源"}
    assert client.post(f"/tickets/{ticket.id}/note", data=typed).status_code == 401
    assert knock(client).location == "/sign-in/code"
    assert client.post(f"/tickets/{ticket.id}/note", data=typed).status_code == 401
    show_code(client, phone.paper[1])
    assert client.post(f"/tickets/{ticket.id}/note", data=typed).status_code == 303


def test_an_administrator_resets_it_and_the_person_is_signed_out(client, li, sign_in):
    phone = phone_of(li)
    li.grants[0].role = Role.REPORTER
    knock(client)
    show_code(client, phone.paper[0])
    admin = sign_in(Role.SYSTEM_ADMIN)
    admin.post(f"/users/{li.id}/second-factor/reset")
    assert client.get("/account").location == "/sign-in"
    assert knock(client).location == "/account"
    entry = db.session.scalars(select(AuditEntry).filter_by(action="second_factor.reset")).one()
    assert (entry.subject_id, entry.actor_name != li.name) == (li.id, True)


def test_nobody_resets_it_for_somebody_who_may_more(li, sign_in):
    phone_of(li)
    li.grants[0].role = Role.AUDIT_ADMIN
    admin = sign_in(Role.SYSTEM_ADMIN)
    assert admin.post(f"/users/{li.id}/second-factor/reset").status_code == 409
    db.session.expire_all()
    assert db.session.get_one(User, li.id).has_second_factor
