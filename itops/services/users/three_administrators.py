"""Three administrators: system, security and audit in different hands, if a hospital says so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from itops.db import db
from itops.errors import Invalid, Message, Refused
from itops.models import Role, RoleGrant, User
from itops.services import installation

#: The three, in the order in which an account that holds several keeps one: who can name the
#: others comes first, so that turning this on locks nobody out.
THREE = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
#: What an administrator may hold beside: to report a fault like everybody.
BESIDE = frozenset({Role.REPORTER})


@dataclass(frozen=True)
class Standing:
    """Who holds more than is kept apart, and which of the three has nobody."""

    mixed: list[User]
    vacant: list[Role]


def is_on() -> bool:
    """Whether this installation keeps its three administrators apart."""
    return installation.settings().three_administrators


def kept(grants: Iterable[RoleGrant], *, at: datetime) -> list[RoleGrant]:
    """Return those of a person's grants that act: an administrator's one role, and reporting.

    The others rest until they are taken away or the administrator's role is; so does what an
    administrator had handed to a colleague.
    """
    held = list(grants)
    if not is_on():
        return held
    roles = {grant.role for grant in held}
    first = next((role for role in THREE if role in roles), None)
    if first is None:
        return [grant for grant in held if not _rests_with_giver(grant, at=at)]
    return [grant for grant in held if grant.role is first or grant.role in BESIDE]


def check(user: User, role: Role, *, at: datetime) -> None:
    """Raise Invalid if `role` would put into one hand what is kept apart."""
    if not is_on():
        return
    held = {grant.role for grant in user.grants if not grant.is_over(at)} - BESIDE
    if role not in BESIDE and held - {role} and ({role} | held) & set(THREE):
        raise Invalid("grant.three_apart", field="role")


def audits_themselves(user: User, *, at: datetime) -> bool:
    """Whether somebody reads in the log what they did as another administrator themselves.

    Where the three are kept apart, only one of their roles acts.
    """
    held = {grant.role for grant in kept(user.grants_at(at), at=at)} & set(THREE)
    return Role.AUDIT_ADMIN in held and len(held) > 1


def standing(*, at: datetime) -> Standing:
    """Return how the three stand; asked where it is on."""
    people = ((user, user.grants_at(at)) for user in _administrators(at))
    mixed = [user for user, held in people if kept(held, at=at) != held]
    filled = seats(at=at)
    return Standing(mixed, [role for role in THREE if role not in filled])


def is_vacant(role: Role, *, at: datetime) -> bool:
    """Whether nobody acts in an administrator's role, so that its first holder is to be named."""
    return is_on() and role in THREE and role not in seats(at=at)


def seats(*, at: datetime, for_ever: bool = False) -> set[Role]:
    """Return which of the three somebody holds everywhere; and for ever, if so asked."""
    return {
        grant.role
        for user in _administrators(at)
        for grant in kept(user.grants_at(at), at=at)
        if grant.role in THREE and grant.holds_everywhere and not (for_ever and grant.ends_at)
    }


def lock_seats(*, at: datetime) -> set[Role]:
    """Return whose last holder stays, and let nobody else remove one until this is done."""
    db.session.execute(
        select(RoleGrant.id)
        .where(RoleGrant.role.in_(THREE))
        .order_by(RoleGrant.id)
        .with_for_update()
    )
    db.session.expire_all()  # what was read before the lock may have changed
    return seats(at=at, for_ever=True) if is_on() else {Role.SYSTEM_ADMIN}


def keep_seats(before: set[Role], *, at: datetime) -> None:
    """Raise Refused when nobody would be left in a seat that somebody had for ever."""
    db.session.flush()
    for role in THREE:
        if role in before - seats(at=at, for_ever=True):
            key = "user.last_administrator" if role is Role.SYSTEM_ADMIN else "user.last_of_three"
            raise Refused(key, role=Message(f"role.{role}"))


def _rests_with_giver(grant: RoleGrant, *, at: datetime) -> bool:
    giver = grant.giver
    return giver is not None and any(one.role in THREE for one in giver.grants_at(at))


def _administrators(at: datetime) -> Iterator[User]:
    people = select(User).where(
        User.is_enabled, ~User.is_demo, User.grants.any(RoleGrant.role.in_(THREE))
    )
    found = db.session.scalars(
        people.order_by(User.name, User.id).options(selectinload(User.grants)),
        execution_options={"populate_existing": True},
    )
    return (user for user in found if any(grant.role in THREE for grant in user.grants_at(at)))
