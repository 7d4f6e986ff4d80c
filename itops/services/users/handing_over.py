"""Leave: what a person may do is handed to a colleague from a day to a day, and comes back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Role, RoleGrant, User
from itops.services.auditing import Actor, record
from itops.services.holders import holding, site_and_above
from itops.services.scoping import Within
from itops.services.users import three_administrators
from itops.services.users.admin_addresses import ADMINISTRATORS
from itops.services.users.role_grants import WITH_AN_END, all_of, hold

#: What nobody hands on: what is kept apart, what guests hold by name or for a time, and what is
#: everybody's. The database refuses the first two as well.
NEVER_HANDED = ADMINISTRATORS | WITH_AN_END | {Role.REPORTER}
#: Who holds one of these is a colleague to whom something may be handed.
COLLEAGUES = frozenset(Role) - WITH_AN_END - {Role.REPORTER}
#: Who is away for longer gives up the roles, and is given them again.
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Leave:
    """Which of the giver's grants go to whom, and when."""

    giver: User
    to: User | None
    grants: Sequence[RoleGrant]
    starts_at: datetime
    ends_at: datetime


def may_be_handed(grant: RoleGrant, *, at: datetime) -> bool:
    """Whether a person may hand this role of theirs on: their own, of a kind that may, and acting.

    What rests beside an administrator's role would act in another hand, unapproved.
    """
    is_own = grant.delegated_from_id is None and not grant.names_a_thing
    is_of_kind = is_own and grant.role not in NEVER_HANDED
    return is_of_kind and grant in three_administrators.kept(grant.user.grants_at(at), at=at)


def hand_over(leave: Leave, *, by: Actor, at: datetime) -> None:
    """Let a colleague do for a time what `giver` may do. Raise Invalid for what makes no sense.

    Each role goes as it is, in the same place; it ends with the giver's own at the latest.
    """
    starts_at = max(leave.starts_at, at)
    to = _hold(leave, by)
    _check_days(starts_at, leave.ends_at, at=at)
    if not leave.grants:
        raise Invalid("leave.nothing_chosen", field="grant")
    before = all_of(to)
    for grant in leave.grants:
        three_administrators.check(to, grant.role, at=at)
        _hand(grant, to, starts_at, leave.ends_at, at=at)
    db.session.flush()
    after = all_of(to) | {"handed_by": leave.giver.name}
    record("user.handed_over", to, by=by, at=at, before=before, after=after)


def end(grant: RoleGrant, *, by: Actor, at: datetime) -> None:
    """Take back, or give back, what was handed over."""
    user = grant.user
    before = all_of(user)
    user.grants.remove(grant)
    db.session.flush()
    record("user.handed_back", user, by=by, at=at, before=before, after=all_of(user))


def end_all_of(giver: User) -> list[str]:
    """End whatever `giver` has handed over; return to whom, as the log keeps it."""
    gone = handed_by(giver)
    names = [f"{grant.user.name}: {grant.role.value}" for grant in gone]
    for grant in gone:
        db.session.delete(grant)
    return names


def handed_by(giver: User) -> list[RoleGrant]:
    """Return what `giver` has handed over, the latest first, ended or not."""
    own = select(RoleGrant.id).where(RoleGrant.user_id == giver.id)
    return _handed(RoleGrant.delegated_from_id.in_(own))


def handed_to(holder: User) -> list[RoleGrant]:
    """Return what colleagues have handed to `holder`, the latest first, ended or not."""
    return _handed(RoleGrant.user_id == holder.id, RoleGrant.delegated_from_id.is_not(None))


def stood_in_for(user_id: int | None, *, at: datetime) -> dict[int, str]:
    """Return for whom a person stands in, by number and name: they are no second person to them."""
    source = aliased(RoleGrant)
    givers = (
        select(User.id, User.name)
        .join(source, source.user_id == User.id)
        .join(RoleGrant, RoleGrant.delegated_from_id == source.id)
        .where(RoleGrant.user_id == user_id, holding(at))
    )
    return {key: name for key, name in db.session.execute(givers)}  # noqa: C416 - rows, not pairs


def colleagues(
    giver: User, within: Within, narrowed: ColumnElement[bool] | None = None, *, at: datetime
) -> list[User]:
    """Return whom `giver` may choose: who has work of their own where the giver has, or above."""
    here = true() if within.everywhere else _at(within)
    own = and_(
        RoleGrant.role.in_(COLLEAGUES), RoleGrant.delegated_from_id.is_(None), holding(at), here
    )
    people = select(User).where(
        User.is_enabled, User.is_demo == giver.is_demo, User.id != giver.id, User.grants.any(own)
    )
    if narrowed is not None:
        people = people.where(narrowed)
    return list(db.session.scalars(people.order_by(User.name, User.id)))


def _at(within: Within) -> ColumnElement[bool]:
    sites = set(within.site_ids)
    for site_id in within.site_ids:
        sites.update(site_and_above(site_id))
    return or_(
        RoleGrant.department_id.in_(within.department_ids),
        and_(
            RoleGrant.department_id.is_(None),
            or_(RoleGrant.site_id.is_(None), RoleGrant.site_id.in_(sites)),
        ),
    )


def _hold(leave: Leave, by: Actor) -> User:
    """Return the colleague; nobody shuts either account until this is done, nor gives a role."""
    giver, to = leave.giver, leave.to
    hold(giver, *([to] if to else []))
    if not giver.is_enabled:
        raise Refused("user.is_shut", name=giver.name)
    if to is None or not to.is_enabled or to.is_demo != giver.is_demo:
        raise Invalid("leave.no_such_colleague", field="to")
    if to.id in {giver.id, by.id}:
        raise Invalid("leave.to_oneself", field="to")
    return to


def _check_days(starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    """Raise Invalid for days that make no leave; one after the other would be a role for ever."""
    if ends_at <= starts_at:
        raise Invalid("leave.end_is_past", field="ends_on")
    if starts_at - at > LONGEST:
        raise Invalid("leave.too_early", field="starts_on", n=LONGEST.days)
    if ends_at - starts_at > LONGEST:
        raise Invalid("leave.too_long", field="ends_on", n=LONGEST.days)


def _hand(
    grant: RoleGrant, to: User, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> None:
    ends_at = min(ends_at, grant.ends_at or ends_at)
    if not may_be_handed(grant, at=at) or ends_at <= starts_at:
        raise Invalid("leave.not_to_be_handed", field="grant")
    if any(one.starts_at < ends_at and starts_at < one.ends_at for one in _same(grant, to)):
        raise Invalid("leave.has_it_already", field="to", name=to.name)
    to.grants.append(
        RoleGrant(
            role=grant.role,
            site_id=grant.site_id,
            department_id=grant.department_id,
            starts_at=starts_at,
            ends_at=ends_at,
            given_at=at,
            delegated_from=grant,
        )
    )


def _same(grant: RoleGrant, to: User) -> Collection[Any]:
    """Return what `to` was handed of this very grant; the database lets no such row be endless."""
    return [one for one in to.grants if one.delegated_from_id == grant.id]


def _handed(*conditions: ColumnElement[bool]) -> list[RoleGrant]:
    found = (
        select(RoleGrant)
        .where(*conditions)
        .options(
            joinedload(RoleGrant.user),
            joinedload(RoleGrant.delegated_from).joinedload(RoleGrant.user),
        )
        .order_by(RoleGrant.starts_at.desc(), RoleGrant.id.desc())
    )
    return list(db.session.scalars(found))
