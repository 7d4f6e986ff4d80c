"""Who is told of what: wishes of people, and of groups that a channel reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.checks.base import State
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Channel, Criticality, Site, Subscription, User
from itops.services import written
from itops.services.alerting.channels import PERSONAL
from itops.services.alerting.readers import may_read_any
from itops.services.auditing import Actor, facts, record
from itops.services.scoping import Within

#: From which state on somebody can be told.
STATES = (State.CRITICAL, State.UNKNOWN, State.WARNING)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A form, read: through which channel, of which trouble."""

    channel_id: int
    site_id: int | None
    from_state: State
    from_criticality: Criticality


def parse(typed: Mapping[str, str]) -> Wish:
    """Read the form. Raise Invalid with every field that is wrong."""
    readers = {
        "channel_id": written.needed_id,
        "site_id": written.row_id,
        "from_state": written.choice(State, State.UNKNOWN),
        "from_criticality": written.choice(Criticality, Criticality.HIGH),
    }
    found, wrong = written.read_all(readers, typed)
    if wrong:
        raise Invalid.many(wrong)
    return Wish(**found)


def add(wish: Wish, user: User | None, *, within: Within, by: Actor, at: datetime) -> Subscription:
    """Let somebody be told (None: the channel's group). The same wish twice is one, changed."""
    channel = db.session.get(Channel, wish.channel_id)
    if channel is None:
        raise Invalid("written.choice", field="channel_id")
    _check(wish, channel, user, within, at)
    key = f"{channel.id} {user.id if user else 'group'} {wish.site_id or 'all'}"
    known = db.session.scalar(select(Subscription).where(Subscription.once_key == key))
    before = facts(known) if known else {}
    made = known or Subscription(
        once_key=key,
        channel=channel,
        user=user,
        site_id=wish.site_id,
        created_at=at,
        created_by=by.name,
    )
    made.from_state, made.from_criticality = wish.from_state, wish.from_criticality
    db.session.add(made)
    record("subscription.made", made, by=by, at=at, before=before, after=facts(made))
    return made


def _check(wish: Wish, channel: Channel, user: User | None, within: Within, at: datetime) -> None:
    if (channel.kind in PERSONAL) != (user is not None):
        raise Invalid("subscription.wrong_kind", field="channel_id")
    if user is not None and not user.email:
        raise Invalid("subscription.no_address", field="user_id", name=user.name)
    if user is not None and not may_read_any(user, at):
        raise Invalid("subscription.sees_no_alerts", field="user_id", name=user.name)
    if wish.site_id is not None and not (
        within.covers(site_id=wish.site_id) and db.session.get(Site, wish.site_id) is not None
    ):
        raise Invalid("written.choice", field="site_id")
    if user is None and wish.site_id is None and not within.everywhere:
        raise Refused("subscription.not_everywhere")


def remove(subscription: Subscription, *, by: Actor, at: datetime) -> None:
    """Let somebody be told no more of this."""
    record("subscription.removed", subscription, by=by, at=at, before=facts(subscription), after={})
    db.session.delete(subscription)


def listed(*, user_id: int | None = None) -> list[Subscription]:
    """Return one person's subscriptions, or everybody's."""
    statement = select(Subscription).options(
        joinedload(Subscription.channel),
        joinedload(Subscription.user),
        joinedload(Subscription.site),
    )
    if user_id is not None:
        statement = statement.where(Subscription.user_id == user_id)
    return list(db.session.scalars(statement.order_by(Subscription.id)))
