"""Accounts of people: made, edited, shut and opened, given a new password."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.config import terminal_language
from itops.db import db
from itops.errors import FieldError, Invalid, Message, Refused
from itops.i18n import LANGUAGES, translate
from itops.models import LinkPurpose, Role, User, UserSession
from itops.services.auditing import Actor, facts, record
from itops.services.users import (
    former_passwords,
    handing_over,
    proposing,
    three_administrators,
    tokens,
)
from itops.services.users.one_time_links import end_links, make_link
from itops.services.users.role_grants import (
    Grant,
    add_grant,
    all_of,
)
from itops.services.users.ways_in import end_sessions

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
PHONE = re.compile(r"[0-9+][0-9 -]{1,39}")
#: What changes by itself and is no part of "what was edited".
NOT_EDITED = {
    "failures",
    "locked_until_at",
    "password_set_at",
    "last_sign_in_at",
    "created_at",
    "id",
}
#: How the first administrator signs in, and all the roles of an office of one.
FIRST_LOGIN = "admin"
FIRST_ROLES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.HEAD)


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """Who a person is, as a form or the command line says it."""

    login: str
    name: str
    email: str = ""
    phone: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        wrong = [
            FieldError(field, Message(f"user.{field}_wrong"))
            for field, is_fine in (
                ("login", LOGIN.fullmatch(self.login)),
                ("name", 0 < len(self.name) <= 120 and self.name.isprintable()),
                (
                    "email",
                    not self.email or (EMAIL.fullmatch(self.email) and len(self.email) < 255),
                ),
                ("phone", not self.phone or PHONE.fullmatch(self.phone)),
                ("language", self.language in {"", *LANGUAGES}),
            )
            if not is_fine
        ]
        if wrong:
            raise Invalid.many(wrong)


def create(given: Particulars, grant: Grant | None, *, by: Actor, at: datetime) -> User:
    """Make an account without a password; a one-time link lets the person set one.

    Where three administrators are kept apart, the role waits to be approved.
    """
    _refuse_taken(given.login)
    user = User(created_at=at, is_demo=False, **vars(given))
    db.session.add(user)
    db.session.flush()
    proposed: dict[str, Any] = {}
    if grant and proposing.is_needed(grant, by=by, at=at):
        proposed = {"proposed": proposing.add(user, grant, by=by, at=at)}
    elif grant:
        add_grant(user, grant, at=at)
    record("user.created", user, by=by, at=at, after=_told(user) | proposed)
    return user


def edit(user: User, given: Particulars, *, by: Actor, at: datetime) -> None:
    """Change who a person is. Names in the log and on timelines stay as they were."""
    if given.login != user.login:
        _refuse_taken(given.login)
    before = facts(user)
    for field, value in vars(given).items():
        setattr(user, field, value)
    record("user.edited", user, by=by, at=at, before=before, after=facts(user))


def shut(user: User, *, by: Actor, at: datetime) -> None:
    """Let a person in no longer, from the next request on; what they had handed over ends too.

    Raise Refused for the last one who administrates the system, and for oneself.
    """
    if user.id == by.id:
        raise Refused("user.not_oneself")
    before = three_administrators.lock_seats(at=at)
    user.is_enabled = False
    three_administrators.keep_seats(before, at=at)
    handed = handing_over.end_all_of(user)
    end_sessions(user, at=at)
    end_links(user, LinkPurpose.SET_PASSWORD, at=at)
    tokens.revoke_all(user, by=by, at=at)
    record("user.shut", user, by=by, at=at, before={"handed_on": handed} if handed else None)


def open_again(user: User, *, by: Actor, at: datetime) -> None:
    """Let a person whose account was shut, or locked by wrong passwords, in again."""
    user.is_enabled = True
    user.failures, user.locked_until_at = 0, None
    record("user.opened", user, by=by, at=at)


def new_link(user: User, *, by: Actor, at: datetime) -> str:
    """Return the token of a link with which `user` sets a new password."""
    if not user.is_enabled:
        raise Refused("user.is_shut", name=user.name)
    token = make_link(user, LinkPurpose.SET_PASSWORD, at=at)
    record("user.link_made", user, by=by, at=at)
    return token


def set_password(
    user: User,
    password_hash: str,
    *,
    by: Actor,
    at: datetime,
    remembered: int = 0,
    name: str = "",
) -> None:
    """Give `user` a new password: every browser is signed out, every link and lock is over.

    So many of the former ones are remembered, to be refused the next time. The first administrator
    also says a `name`, under which the log tells what they do.
    """
    before, after = ({"name": user.name}, {"name": name}) if name else (None, None)
    user.name = name or user.name
    former_passwords.remember(user, at=at, most=remembered)
    user.password_hash, user.password_set_at = password_hash, at
    user.failures, user.locked_until_at = 0, None
    end_sessions(user, at=at)
    end_links(user, LinkPurpose.SET_PASSWORD, at=at)
    record("user.password_set", user, by=by, at=at, before=before, after=after)


def live_sessions(user: User, *, at: datetime) -> list[UserSession]:
    """Return the browsers on which `user` may be signed in, the last used first."""
    return list(
        db.session.scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user.id,
                UserSession.revoked_at.is_(None),
                UserSession.ends_at > at,
            )
            .order_by(UserSession.last_used_at.desc(), UserSession.id)
        )
    )


def first_administrator(*, at: datetime) -> str | None:
    """Return the token of a link for the first administrator, while nobody can sign in as one.

    The account is made when there is none; no password exists until the link is used.
    """
    statement = select(User).where(User.grants.any(role=Role.SYSTEM_ADMIN), ~User.is_demo)
    found = list(db.session.scalars(statement.order_by(User.id)))
    if any(user.password_hash and user.is_enabled for user in found):
        return None
    nobody = Actor(None, "itops")
    waiting = next((user for user in found if user.is_enabled), None)
    return new_link(waiting or _make_first(nobody, at=at), by=nobody, at=at)


def _make_first(by: Actor, *, at: datetime) -> User:
    taken = db.session.scalar(select(User.id).where(User.login == FIRST_LOGIN))
    login = f"{FIRST_LOGIN}-{at:%y%m%d%H%M%S}" if taken else FIRST_LOGIN
    name = translate("role.system_admin", terminal_language())
    user = User(login=login, name=name, created_at=at)
    db.session.add(user)
    db.session.flush()
    for role in FIRST_ROLES[:1] if three_administrators.is_on() else FIRST_ROLES:
        add_grant(user, Grant(role), at=at)
    record("user.created", user, by=by, at=at, after=_told(user))
    return user


def editable(user: User) -> dict[str, Any]:
    """Return what an edit can change, to see whether somebody else changed it meanwhile."""
    return {name: value for name, value in facts(user).items() if name not in NOT_EDITED}


def _told(user: User) -> dict[str, Any]:
    return facts(user) | all_of(user)


def _refuse_taken(login: str) -> None:
    if db.session.scalar(select(User.id).where(User.login == login)):
        raise Invalid("user.login_taken", field="login", login=login)
