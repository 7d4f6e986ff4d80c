"""Passwords with an age: changed before all else, and not back to one of the last."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import FormerPassword, LinkPurpose, Role, User
from itops.services.users.one_time_links import make_link
from itops.services.users.passwords import hashed
from tests import factories
from tests.auth.programs import Program, token_of

GOOD = "a good long sentence"


@pytest.fixture(scope="module")
def kept():
    return hashed(GOOD)


@pytest.fixture
def old(app, with_settings, kept):
    """A person whose password is 91 days old, where 90 are allowed."""
    with_settings(password_max_days=90, passwords_remembered=3)
    at = utcnow() - timedelta(days=91)
    return factories.user(role=Role.HEAD, login="li", password_hash=kept, password_set_at=at)


def knock(client: Any, password: str = GOOD) -> Any:
    return client.post("/sign-in", data={"login": "li", "password": password})


def change(client: Any, present: str, password: str) -> Any:
    form = {"present": present, "password": password, "again": password}
    return client.post("/account/password", data=form)


def test_a_password_that_is_too_old_is_changed_before_anything_else(client, old):
    client.get("/hosts")
    knock(client)
    assert client.get("/hosts").location == "/account"
    assert client.get("/account/tokens").location == "/account"
    assert "has reached its age" in client.get("/account").text
    assert change(client, GOOD, "another good sentence").location == "/account"
    assert "has reached its age" not in client.get("/account").text
    assert client.get("/hosts").status_code == 200


def test_what_was_typed_stays_while_a_password_is_changed(client, old):
    ticket = factories.ticket()
    knock(client)
    typed = {"text": "换了电源", "version": "1"}
    answer = client.post(f"/tickets/{ticket.id}/note", data=typed)
    assert (answer.status_code, "换了电源" in answer.text) == (401, True)


def test_the_last_passwords_are_not_taken_again_and_older_ones_are(client, old):
    knock(client)
    present = GOOD
    for word in ("second", "third"):
        assert change(client, present, f"the {word} good sentence").status_code == 302
        present = f"the {word} good sentence"
    for former in (GOOD, "the second good sentence", present):
        refused = change(client, present, former)
        assert refused.status_code == 422
        assert "differ from the last 3 passwords" in refused.text
    assert change(client, present, "the fourth good sentence").status_code == 302
    assert change(client, "the fourth good sentence", GOOD).status_code == 302


def test_a_link_does_not_bring_a_former_password_back(client, old):
    token = make_link(old, LinkPurpose.SET_PASSWORD, at=utcnow())
    answer = client.post(f"/welcome/{token}", data={"password": GOOD, "again": GOOD})
    assert answer.status_code == 422
    assert "You had this one before" in answer.text


@pytest.mark.parametrize(("days", "is_due"), [(0, False), (400, False), (30, True)])
def test_one_that_was_set_before_we_wrote_it_down_is_as_old_as_its_account(
    client, old, with_settings, days, is_due
):
    with_settings(password_max_days=days)
    old.password_set_at, old.created_at = None, utcnow() - timedelta(days=60)
    knock(client)
    assert (client.get("/hosts").location == "/account") == is_due


def test_where_passwords_have_no_age_none_is_remembered(client, old, with_settings):
    with_settings(password_max_days=0)
    knock(client)
    assert change(client, GOOD, "another good sentence").status_code == 302
    assert change(client, "another good sentence", GOOD).status_code == 302
    assert db.session.scalars(select(FormerPassword)).all() == []


def test_a_person_without_a_password_has_none_that_is_old(sign_in, old):
    guest = sign_in(Role.ENGINEER, login="guest")
    assert guest.get("/hosts").status_code == 200
    assert db.session.scalars(select(User).filter_by(login="guest")).one().password_hash == ""


def test_programs_go_on_until_their_token_ends(app, old):
    assert Program(app, token_of(old)).get("/api/v1/hosts").status_code == 200
