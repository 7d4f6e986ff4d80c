"""Who is let in: locks, waiting, and what the log says."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from itops.db import db
from itops.errors import Refused
from itops.models import AuditEntry, Result, SignInFailure, User
from itops.services.users.signing_in import (
    FAILURES_TO_SLOW,
    LOCKED_FOR,
    WINDOW,
    Candidate,
    candidate,
    conclude,
)
from tests import factories
from tests.conftest import NOON

HERE = "10.0.0.7"


def attempt(who: Candidate, *, is_right: bool, at: datetime = NOON) -> User | None:
    return conclude(who, is_right=is_right, address=HERE, at=at)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_right_password_lets_in_and_forgives_failures(app):
    user = factories.user(password_hash="x", failures=4)
    who = candidate(f" {user.login.upper()} ", address=HERE, at=NOON)
    assert attempt(who, is_right=True) is user
    assert (user.failures, user.last_sign_in_at) == (0, NOON)
    assert actions() == ["sign_in.done"]


def test_five_wrong_passwords_lock_an_account_for_a_quarter_of_an_hour(app):
    user = factories.user(password_hash="x")
    who = Candidate(user.id, "x")
    for _ in range(5):
        assert attempt(who, is_right=False) is None
    assert attempt(who, is_right=True) is None
    assert attempt(who, is_right=True, at=NOON + LOCKED_FOR - timedelta(seconds=1)) is None
    assert attempt(who, is_right=True, at=NOON + LOCKED_FOR) is user
    assert actions() == ["sign_in.failed", "sign_in.locked", "sign_in.done"]


def test_a_lock_is_not_made_longer_by_knocking(app):
    user = factories.user(password_hash="x")
    for _ in range(12):
        attempt(Candidate(user.id, "x"), is_right=False)
    assert user.locked_until_at == NOON + LOCKED_FOR
    assert user.failures == 0


def test_an_account_that_is_shut_lets_nobody_in(app):
    user = factories.user(password_hash="x", is_enabled=False)
    assert attempt(Candidate(user.id, "x"), is_right=True) is None


def test_what_was_typed_for_no_account_is_not_kept(app):
    who = candidate("my-secret-password", address=HERE, at=NOON)
    for _ in range(11):
        attempt(who, is_right=False)
    entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.after for entry in entries] == [{"failures": 1}, {"failures": 10}]
    assert {entry.result for entry in entries} == {Result.FAILED}
    assert "my-secret" not in str([vars(entry) for entry in entries])


def test_an_address_that_guesses_has_to_wait_longer_each_time_but_never_over_a_minute(app):
    waits = []
    for failures in range(FAILURES_TO_SLOW + 8):
        try:
            candidate("nobody", address=HERE, at=NOON)
            waits.append(0)
        except Refused as refused:
            waits.append(refused.message.params["n"])
        db.session.add(SignInFailure(address=HERE, at=NOON))
        db.session.flush()
        assert failures >= 0
    assert waits[: FAILURES_TO_SLOW + 1] == [0] * FAILURES_TO_SLOW + [3]
    assert waits[-1] == 61
    assert candidate("nobody", address="10.0.0.8", at=NOON).user_id is None
    assert candidate("nobody", address=HERE, at=NOON + timedelta(minutes=2)).user_id is None


def test_failures_of_yesterday_are_forgotten(app):
    attempt(Candidate(None, ""), is_right=False, at=NOON - WINDOW)
    attempt(Candidate(None, ""), is_right=False)
    assert len(list(db.session.scalars(select(SignInFailure)))) == 1


@pytest.mark.parametrize("login", ["' OR 1=1 --", "\x00", "𠮷" * 200, ""])
def test_a_strange_login_is_nobodys(app, login):
    assert candidate(login, address=HERE, at=NOON) == Candidate(None, "")
