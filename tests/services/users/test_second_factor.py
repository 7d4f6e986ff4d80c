"""The second factor, on both databases: a code counts once, whoever brings it and however fast."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from itops.db import db
from itops.models import AuditEntry, RecoveryCode, Role, SecondFactor, User
from itops.services.auditing import Actor
from itops.services.secrets import sealed_rows
from itops.services.users.second_factor import Proof, codes_left, prove
from itops.services.users.signing_in import candidate, conclude, conclude_code
from tests import factories
from tests.conftest import NOON
from tests.services.users.phones import Phone, phone_of

ADDRESS = "10.0.0.7"


def person_with_a_phone() -> tuple[User, Phone]:
    user = factories.user(role=Role.ENGINEER, login="li", password_hash="x")
    phone = phone_of(user, at=NOON)
    db.session.commit()
    return user, phone


def tries(app: Flask, user_id: int, code: str, times: int) -> list[bool]:
    """Return whether each of so many, at the same time, was let in by one code."""

    def enter(_number: int) -> bool:
        with app.app_context():
            found = conclude_code(user_id, code, address=ADDRESS, at=NOON)
            db.session.commit()
            return found is not None

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(enter, range(times)))


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", list(Proof))
def test_of_many_who_bring_one_code_at_once_one_is_let_in(any_app, kind):
    user, phone = person_with_a_phone()
    code = phone.code(at=NOON) if kind is Proof.PHONE else phone.paper[3]
    assert sorted(tries(any_app, user.id, code, 4)) == [False, False, False, True]
    db.session.rollback()
    done = db.session.query(AuditEntry).filter_by(action="sign_in.done").one()
    assert done.after == {"second_factor": kind.value}


@pytest.mark.both_databases
def test_no_code_up_to_the_one_that_was_used_works_again(any_app):
    user, phone = person_with_a_phone()
    early, late = phone.code(at=NOON), phone.code(at=NOON + timedelta(seconds=30))
    assert prove(user, late, at=NOON) is Proof.PHONE
    assert prove(user, late, at=NOON) is None
    assert prove(user, early, at=NOON) is None
    assert prove(user, phone.code(at=NOON + timedelta(seconds=60)), at=NOON) is None
    at = NOON + timedelta(seconds=60)
    assert prove(user, phone.code(at=at), at=at) is Proof.PHONE


@pytest.mark.both_databases
def test_each_code_on_paper_works_once_however_it_is_typed(any_app):
    user, phone = person_with_a_phone()
    assert len(set(phone.paper)) == 10
    assert {len(code.replace("-", "")) for code in phone.paper} == {24}  # 120 bits
    assert prove(user, phone.paper[0].lower().replace("-", " "), at=NOON) is Proof.RECOVERY_CODE
    assert prove(user, phone.paper[0], at=NOON) is None
    assert codes_left(user) == 9


def test_nothing_that_is_stored_gives_the_secrets_away(app):
    _, phone = person_with_a_phone()
    factor = db.session.query(SecondFactor).one()
    assert phone.secret not in factor.sealed
    stored = b"".join(row.code_hash for row in db.session.query(RecoveryCode))
    assert not any(code.replace("-", "").encode() in stored for code in phone.paper)


def test_a_new_master_key_seals_second_factors_too(app):
    user, phone = person_with_a_phone()
    assert sealed_rows.rotate(by=Actor(None, ""), at=NOON).rows == 1
    assert prove(user, phone.code(at=NOON), at=NOON) is Proof.PHONE


def test_a_password_alone_neither_signs_in_nor_forgives_failures(app):
    """Else who knows the password could guess codes for ever, four at a time."""
    user, _phone = person_with_a_phone()
    for _ in range(4):
        assert conclude_code(user.id, "000000", address=ADDRESS, at=NOON) is None
    who = candidate("li", address=ADDRESS, at=NOON)
    assert conclude(who, is_right=True, address=ADDRESS, at=NOON) is user
    assert (user.failures, user.last_sign_in_at) == (4, None)
    conclude_code(user.id, "000000", address=ADDRESS, at=NOON)
    assert conclude(who, is_right=True, address=ADDRESS, at=NOON) is None


def test_a_right_code_of_a_locked_or_shut_account_is_not_even_used_up(app):
    user, phone = person_with_a_phone()
    user.locked_until_at = NOON + timedelta(minutes=1)
    assert conclude_code(user.id, phone.paper[0], address=ADDRESS, at=NOON) is None
    user.locked_until_at, user.is_enabled = None, False
    assert conclude_code(user.id, phone.paper[0], address=ADDRESS, at=NOON) is None
    assert codes_left(user) == 10
