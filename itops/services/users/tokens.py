"""Tokens for programs: made, shown once, found by, revoked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import FieldError, Invalid, Message, Refused
from itops.models import ApiToken, User
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.secrets.secrecy import secret_hash

#: By this a token is known where it should not be: in a file, a chat, a log.
PREFIX = "itops_"
#: 256 random bits; so many characters of the whole are kept as a hint.
TOKEN_BYTES, HINT = 32, len(PREFIX) + 4
#: A person has so many at most that still work.
MOST = 20
LONGEST_NAME, LONGEST_DAYS = 60, 365
#: When and from where a token was used last is written down this often at most.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A token as its form asks for it; `held` is what the person may do that a token can."""

    name: str
    scope: tuple[str, ...]
    days: int
    held: Collection[str]

    def __post_init__(self) -> None:
        is_named = 0 < len(self.name) <= LONGEST_NAME and self.name.isprintable()
        wrong = [
            FieldError(field, Message(f"token.{field}_wrong"))
            for field, is_fine in (
                ("name", is_named),
                ("scope", self.scope and set(self.scope) <= set(self.held)),
                ("days", 0 < self.days <= LONGEST_DAYS),
            )
            if not is_fine
        ]
        if wrong:
            raise Invalid.many(wrong)


def create(user: User, wanted: Wanted, *, by: Actor, at: datetime) -> tuple[ApiToken, str]:
    """Return a new token's row and the token itself, which is never shown again."""
    if len(live(user.id, at=at)) >= MOST:
        raise Refused("token.too_many", n=MOST)
    token = f"{PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
    made = ApiToken(
        token_hash=secret_hash(token),
        user_id=user.id,
        name=wanted.name,
        hint=token[:HINT],
        scope=sorted(set(wanted.scope)),
        created_at=at,
        ends_at=at + timedelta(days=wanted.days),
    )
    db.session.add(made)
    auditing.record("token.created", made, by=by, at=at, after=auditing.facts(made))
    return made, token


def revoke(token: ApiToken, *, by: Actor, at: datetime) -> None:
    """Let a token open nothing any more, from the next request on, in every process."""
    if token.revoked_at is not None:
        return
    before = auditing.facts(token)
    token.revoked_at, token.revoked_by = at, by.name
    after = auditing.facts(token)
    auditing.record("token.revoked", token, by=by, at=at, before=before, after=after)


def revoke_all(user: User, *, by: Actor, at: datetime) -> None:
    """Revoke every token of `user`; the caller audits why."""
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by.name)
    )


def live(user_id: int, *, at: datetime) -> list[ApiToken]:
    """Return the tokens of a person that still work, the oldest first."""
    return list(
        db.session.scalars(
            select(ApiToken)
            .where(
                ApiToken.user_id == user_id,
                ApiToken.revoked_at.is_(None),
                ApiToken.ends_at > at,
            )
            .order_by(ApiToken.id)
        )
    )


def found_by(token: str, *, at: datetime) -> ApiToken | None:
    """Return the token's row with its person and roles, if it works. One query."""
    found = db.session.scalar(
        select(ApiToken)
        .where(ApiToken.token_hash == secret_hash(token), ApiToken.revoked_at.is_(None))
        .options(joinedload(ApiToken.user).joinedload(User.grants))
    )
    if found is None or found.ends_at <= at or not found.user.is_enabled:
        return None
    return found


def touch_is_due(token: ApiToken, *, address: str, at: datetime) -> bool:
    """Whether this use of a token is to be written down."""
    if token.last_used_at is None or token.last_address != address:
        return True
    return at - token.last_used_at >= TOUCH_EVERY
