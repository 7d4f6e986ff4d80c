"""The second factor of a person: set up, proven at the sign-in, taken away."""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import RecoveryCode, SecondFactor, User
from itops.services.auditing import Actor, record
from itops.services.secrets import sealing
from itops.services.secrets.secrecy import secret_hash
from itops.services.secrets.typed_codes import ALPHABET, in_groups, typed_code
from itops.services.users import totp
from itops.services.users.ways_in import end_sessions

#: A person gets so many codes for paper, of 120 bits each: no slow hash is needed.
CODES, CODE_LENGTH = 10, 24
#: Who was shown a secret confirms it within this time, or begins again.
TO_CONFIRM = timedelta(minutes=30)


class Proof(StrEnum):
    """By what a person proved who they are, beside the password."""

    PHONE = "phone"
    RECOVERY_CODE = "recovery_code"


def begin(user: User, *, by: Actor, at: datetime) -> bytes:
    """Draw a secret for `user`; it counts for nothing until a code of it is typed.

    Raise Refused where one is in force: it is taken away first, with the password.
    """
    factor = user.second_factor
    if factor is None:
        factor = user.second_factor = SecondFactor(begun_at=at)
    if factor.confirmed_at:
        raise Refused("second_factor.is_on")
    db.session.flush()
    secret = totp.new_secret()
    factor.sealed = sealing.seal(secret, _about(factor))
    factor.sealed_by = sealing.key_id(factor.sealed).hex()
    factor.begun_at = at
    record("second_factor.begun", user, by=by, at=at)
    return secret


def confirm(user: User, typed: str, *, by: Actor, at: datetime) -> list[str]:
    """Put the secret in force, since the phone has it, and return the codes for paper.

    Every browser is signed out: who was there before had shown a password only.
    """
    factor = user.second_factor
    if factor is None or factor.confirmed_at or factor.begun_at + TO_CONFIRM <= at:
        raise Refused("second_factor.begin_again")
    if not _uses_step(factor, typed, at=at):
        raise Invalid("second_factor.code_wrong", field="code")
    factor.confirmed_at = at
    codes = _draw(factor)
    end_sessions(user, at=at)
    record("second_factor.set", user, by=by, at=at)
    return codes


def draw_codes(user: User, *, by: Actor, at: datetime) -> list[str]:
    """Return ten new codes for paper; the old ones stop working."""
    factor = _in_force(user)
    codes = _draw(factor)
    record("second_factor.codes_drawn", user, by=by, at=at)
    return codes


def remove(user: User, *, by: Actor, at: datetime) -> None:
    """Let the password alone open the account again; every browser is signed out.

    Raise Refused where there is none. The log tells whether the person did it or somebody else.
    """
    _in_force(user)
    user.second_factor = None
    end_sessions(user, at=at)
    if by.id == user.id:
        record("second_factor.removed", user, by=by, at=at)
    else:
        record("second_factor.reset", user, by=by, at=at)


def prove(user: User, typed: str, *, at: datetime) -> Proof | None:
    """Return by what `typed` proves that this is `user`, and use it up; None if it is nothing.

    Of two that bring the same code at once, one gets in: the row is changed only if it is unused.
    """
    factor = user.second_factor
    if factor is None or not factor.confirmed_at:
        return None
    if _uses_step(factor, typed, at=at):
        return Proof.PHONE
    return Proof.RECOVERY_CODE if _uses_code(factor, typed, at=at) else None


def codes_left(user: User) -> int:
    """Return how many codes on paper still work."""
    unused = select(func.count(RecoveryCode.id)).join(SecondFactor)
    return db.session.scalars(
        unused.where(SecondFactor.user_id == user.id, RecoveryCode.used_at.is_(None))
    ).one()


def _in_force(user: User) -> SecondFactor:
    if user.second_factor is None or not user.second_factor.confirmed_at:
        raise Refused("second_factor.is_off")
    return user.second_factor


def _draw(factor: SecondFactor) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    factor.codes = [RecoveryCode(code_hash=secret_hash(code)) for code in codes]
    return [in_groups(code) for code in codes]


def _uses_step(factor: SecondFactor, typed: str, *, at: datetime) -> bool:
    code = re.sub(r"\s", "", typed)
    if not (code.isascii() and code.isdigit() and len(code) == totp.DIGITS):
        return False
    step = totp.step_of(code, sealing.unseal(factor.sealed, _about(factor)), at=at)
    if step is None:
        return False
    db.session.flush()
    taken = db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.id == factor.id, SecondFactor.last_step < step)
        .values(last_step=step)
        .returning(SecondFactor.id)
    )
    return taken.first() is not None


def _uses_code(factor: SecondFactor, typed: str, *, at: datetime) -> bool:
    code = typed_code(typed)
    taken = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.factor_id == factor.id,
            RecoveryCode.code_hash == secret_hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
        .returning(RecoveryCode.id)
    )
    return taken.first() is not None


def _about(factor: SecondFactor) -> str:
    return f"{factor.__tablename__}:{factor.id}"
