"""Addresses for calendar programs: made, revoked, and what is read from them."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Refused
from itops.models import CalendarFeed, User
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.secrets.secrecy import secret_hash

#: A person has so many at most: phone, desk, wall.
MOST = 10
#: When an address was last read is written down this often at most.
TOUCH_EVERY = timedelta(hours=1)


def create(
    user_id: int, *, name: str, is_only_mine: bool, by: Actor, at: datetime
) -> tuple[CalendarFeed, str]:
    """Return a new address and its secret, which is never shown again."""
    if len(live(user_id)) >= MOST:
        raise Refused("feed.too_many", n=MOST)
    token = secrets.token_urlsafe(32)
    made = CalendarFeed(
        token_hash=secret_hash(token),
        user_id=user_id,
        name=name,
        is_only_mine=is_only_mine,
        created_at=at,
    )
    db.session.add(made)
    auditing.record("feed.created", made, by=by, at=at, after=auditing.facts(made))
    return made, token


def revoke(feed: CalendarFeed, *, by: Actor, at: datetime) -> None:
    """Shut an address; from now on it leads nowhere."""
    if feed.revoked_at is not None:
        return
    before = auditing.facts(feed)
    feed.revoked_at = at
    auditing.record("feed.revoked", feed, by=by, at=at, before=before, after=auditing.facts(feed))


def live(user_id: int) -> list[CalendarFeed]:
    """Return the addresses of a person that still lead somewhere."""
    return list(
        db.session.scalars(
            select(CalendarFeed)
            .where(CalendarFeed.user_id == user_id, CalendarFeed.revoked_at.is_(None))
            .order_by(CalendarFeed.id)
        )
    )


def found_by(token: str) -> CalendarFeed | None:
    """Return the feed that a secret opens, if it still does and its owner's account is open."""
    feed = db.session.scalar(
        select(CalendarFeed)
        .where(CalendarFeed.token_hash == secret_hash(token), CalendarFeed.revoked_at.is_(None))
        .options(joinedload(CalendarFeed.user).selectinload(User.grants))
    )
    return feed if feed is not None and feed.user.is_enabled else None
