"""A phone with an authenticator app, as far as it concerns us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import delete

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, AuditHead, User
from itops.services.audit import guards
from itops.services.auditing import Actor
from itops.services.users import second_factor, totp


@dataclass(frozen=True)
class Phone:
    """What a phone holds, and the codes on its owner's paper."""

    secret: bytes
    paper: tuple[str, ...] = ()

    @classmethod
    def begun(cls, user: User, *, at: datetime) -> Self:
        """Return a phone that has scanned the picture, while no code of it was typed."""
        made = cls(second_factor.begin(user, by=Actor(user.id, user.name), at=at))
        _forget_the_log()
        return made

    def code(self, *, at: datetime) -> str:
        """Return what the app shows."""
        return totp.code_of(self.secret, totp.step_at(at))


def phone_of(user: User, *, at: datetime | None = None) -> Phone:
    """Return the phone of a person whose second factor is in force since two minutes."""
    before = (at or utcnow()) - timedelta(minutes=2)
    phone = Phone.begun(user, at=before)
    assert user.second_factor is not None
    user.second_factor.confirmed_at = before
    codes = second_factor.draw_codes(user, by=Actor(user.id, user.name), at=before)
    _forget_the_log()
    return Phone(phone.secret, tuple(codes))


def _forget_the_log() -> None:
    db.session.flush()
    connection = db.session.connection()
    guards.lift(connection)
    connection.execute(delete(AuditEntry))
    connection.execute(delete(AuditHead))
    guards.settle(connection)
