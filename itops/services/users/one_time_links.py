"""Links that work once: to set a password, or to try a demo account."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Refused
from itops.models import LinkPurpose, OneTimeLink, User
from itops.services.secrets.secrecy import secret_hash

#: How long a person has to set the first or a new password.
VALID_FOR = timedelta(days=3)


def make_link(
    user: User, purpose: LinkPurpose, *, at: datetime, valid_for: timedelta = VALID_FOR
) -> str:
    """Return the token of a new link for `user`; older ones of the same purpose stop working."""
    if purpose is LinkPurpose.SIGN_IN and not user.is_demo:
        raise Refused("link.demo_only")
    end_links(user, purpose, at=at)
    token = secrets.token_urlsafe(32)
    db.session.add(
        OneTimeLink(
            token_hash=secret_hash(token),
            user=user,
            purpose=purpose,
            created_at=at,
            ends_at=at + valid_for,
        )
    )
    db.session.flush()
    return token


def find_link(token: str, *, at: datetime) -> OneTimeLink | None:
    """Return the link with this token, if it still works."""
    found = db.session.scalar(
        select(OneTimeLink)
        .where(OneTimeLink.token_hash == secret_hash(token))
        .options(joinedload(OneTimeLink.user))
    )
    if found is None or found.used_at or found.ends_at <= at or not found.user.is_enabled:
        return None
    return found


def use_link(token: str, *, at: datetime) -> OneTimeLink:
    """Use up the link with this token and return it. Raise Refused if it does not work (any more).

    Of two that use it at once, one gets it.
    """
    link = find_link(token, at=at)
    if link is None or not _take(link, at=at):
        raise Refused("link.not_valid")
    return link


def end_links(user: User, purpose: LinkPurpose, *, at: datetime) -> None:
    """Make every unused link of `user` for `purpose` useless."""
    db.session.flush()
    db.session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.user_id == user.id,
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
        )
        .values(used_at=at)
    )


def _take(link: OneTimeLink, *, at: datetime) -> bool:
    taken = db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
        .values(used_at=at)
        .returning(OneTimeLink.id)
    )
    return taken.first() is not None
