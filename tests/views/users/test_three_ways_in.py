"""No link, password or session that the system administrator had opens the other two's accounts."""

import re

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import GrantProposal, Role, User
from itops.services.auditing import Actor
from itops.services.users import accounts
from itops.services.users.passwords import hashed
from tests import factories
from tests.auth.programs import Program, token_of
from tests.views.users.leaves import GOOD, WANG, account, log

pytestmark = pytest.mark.usefixtures("apart")
NEW = {"password": "another long sentence", "again": "another long sentence"}


def link_on(page):
    found = re.search(r"/welcome/[\w-]+", page.text)
    return found.group() if found else ""


def promote(keeper, guard, login, role):
    """Have somebody made an administrator: proposed by the one, approved by the other."""
    keeper.post(f"/users/{account(login).id}/roles", data={"role": role})
    one = db.session.scalars(select(GrantProposal).order_by(GrantProposal.id.desc())).first()
    assert one
    return guard.post(f"/role-proposals/{one.id}/approve", follow_redirects=True)


@pytest.mark.parametrize("role", ["security_admin", "audit_admin"])
def test_a_link_made_before_opens_nothing_once_the_role_holds(app, keeper, guard, role):
    factories.user(login="reader", role=Role.AUDIT_ADMIN)  # no seat is vacant
    keeper.post("/users/new", data=WANG)
    link = link_on(keeper.post(f"/users/{account('wang').id}/link"))
    assert app.test_client().get(link).status_code == 200
    told = promote(keeper, guard, "wang", role).text
    assert "itops user reset wang" in told
    assert app.test_client().get(link).status_code == 410
    assert app.test_client().post(link, data=NEW).status_code == 410
    assert keeper.post(f"/users/{account('wang').id}/link").status_code == 409


def test_neither_does_a_password_a_session_or_a_token(app, keeper, guard, sign_in):
    """All were the system administrator's to make while it was an account like others."""
    factories.user(login="reader", role=Role.AUDIT_ADMIN)
    browser = sign_in(Role.REPORTER, login="wang", password_hash=hashed(GOOD))
    program = Program(app, token_of(account("wang")))
    assert program.get("/api/v1/assets").status_code == 403
    assert promote(keeper, guard, "wang", "security_admin").status_code == 200
    assert browser.get("/account").status_code == 302
    assert program.get("/api/v1/assets").status_code == 401
    fresh = app.test_client()
    fresh.post("/sign-in", data={"login": "wang", "password": GOOD})
    assert fresh.get("/account").status_code == 302
    assert account("wang").password_hash == ""
    (given,) = (entry for entry in log() if entry.action == "user.role_given")
    assert given.after["ways_in_shut"] is True


def test_the_first_in_a_vacant_seat_gets_no_link_from_who_names_them(keeper):
    for login, role in (("wang", "security_admin"), ("zhao", "audit_admin")):
        page = keeper.post(
            "/users/new", data=WANG | {"login": login, "role": role}, follow_redirects=True
        )
        assert account(login).grants
        assert link_on(page) == ""
        assert f"itops user reset {login}" in page.text
    accounts.new_link(account("wang"), by=Actor(None, "root@server"), at=utcnow())


def test_a_named_account_that_was_there_before_begins_anew_too(keeper, sign_in):
    browser = sign_in(Role.REPORTER, login="wang", password_hash=hashed(GOOD))
    keeper.post(f"/users/{account('wang').id}/roles", data={"role": "audit_admin"})
    assert [grant.role for grant in account("wang").grants][-1] is Role.AUDIT_ADMIN
    assert browser.get("/audit").status_code == 302


def test_the_password_that_others_may_know_is_not_set_again(app, keeper, sign_in):
    sign_in(Role.REPORTER, login="wang", password_hash=hashed(GOOD))
    keeper.post(f"/users/{account('wang').id}/roles", data={"role": "audit_admin"})
    link = accounts.new_link(account("wang"), by=Actor(None, "root@server"), at=utcnow())
    db.session.commit()
    fresh = app.test_client()

    def choose(password):
        return fresh.post(f"/welcome/{link}", data={"password": password, "again": password})

    assert choose(GOOD).status_code == 422
    assert account("wang").password_hash == ""
    assert choose("a wholly other sentence").status_code == 302
    assert account("wang").password_hash


def test_a_working_persons_account_goes_on_as_it_was(keeper, guard, sign_in):
    browser = sign_in(Role.REPORTER, login="wang", password_hash=hashed(GOOD))
    promote(keeper, guard, "wang", "engineer")
    assert browser.get("/tickets").status_code == 200
    assert db.session.scalars(select(User).where(User.login == "wang")).one().password_hash
