"""Roles given to people: which, where, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Asset, Department, Role, RoleGrant, Site, SystemModule, User
from itops.services.auditing import Actor, record

#: Roles that look at or after the whole installation: half of it would be a hole in the other.
EVERYWHERE_ONLY = {Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
#: Roles for guests, whose time is limited.
WITH_AN_END = {Role.VENDOR, Role.INSPECTOR}

#: Roles that hold for things by name and for no place.
BY_NAME = {Role.VENDOR}


@dataclass(frozen=True)
class Grant:
    """A role, at a site and all below it (none: everywhere) or for a department, until an end.

    Or for some things by name, each of which becomes a grant of its own.
    """

    role: Role
    site: Site | None = None
    department: Department | None = None
    ends_at: datetime | None = None
    things: tuple[Asset | SystemModule, ...] = ()


def give(user: User, given: Grant, *, by: Actor, at: datetime) -> None:
    """Give `user` a role. Raise Refused for oneself, Invalid for what makes no sense."""
    _refuse_oneself(user, by)
    if given.ends_at and given.ends_at <= at:
        raise Invalid("grant.end_is_past", field="ends_on")
    before = _all_of(user)
    add_grant(user, given, at=at)
    record("user.role_given", user, by=by, at=at, before=before, after=_all_of(user))


def take(user: User, grant: RoleGrant, *, by: Actor, at: datetime) -> None:
    """Take a role away, and with it what was handed on of it.

    Raise Refused for oneself, and for the last who administrates.
    """
    _refuse_oneself(user, by)
    lock_administrators()
    handed = [f"{one.user.name}: {one.role.value}" for one in grant.handed_on]
    before = _all_of(user) | ({"handed_on": handed} if handed else {})
    user.grants.remove(grant)
    keep_an_administrator()
    record("user.role_taken", user, by=by, at=at, before=before, after=_all_of(user))


def add_grant(user: User, given: Grant, *, at: datetime) -> None:
    """Add a role to `user` if it makes sense where it is given; the caller audits."""
    _check(user, given)
    for places in _places(given):
        user.grants.append(RoleGrant(role=given.role, ends_at=given.ends_at, given_at=at, **places))
    db.session.flush()


def keep_an_administrator() -> None:
    """Raise Refused when nobody would be left who administrates the whole system."""
    db.session.flush()
    left = db.session.scalar(
        select(func.count())
        .select_from(RoleGrant)
        .join(User)
        .where(
            RoleGrant.role == Role.SYSTEM_ADMIN,
            RoleGrant.site_id.is_(None),
            RoleGrant.ends_at.is_(None),
            User.is_enabled,
            ~User.is_demo,
        )
    )
    if not left:
        raise Refused("user.last_administrator")


def lock_administrators() -> None:
    """Let nobody else remove an administrator until this transaction ends."""
    db.session.execute(
        select(RoleGrant.id).where(RoleGrant.role == Role.SYSTEM_ADMIN).with_for_update()
    )


def told(grant: RoleGrant) -> dict[str, Any]:
    """Return a grant as the log keeps it."""
    site = db.session.get(Site, grant.site_id) if grant.site_id else None
    department = db.session.get(Department, grant.department_id) if grant.department_id else None
    asset = db.session.get(Asset, grant.asset_id) if grant.asset_id else None
    module = db.session.get(SystemModule, grant.module_id) if grant.module_id else None
    giver = grant.giver
    parts = {
        "role": grant.role.value,
        "site": site.name if site else None,
        "department": department.name if department else None,
        "asset": asset.tag if asset else None,
        "module": module.code if module else None,
        "stands_in_for": giver.name if giver else None,
        "starts_at": grant.starts_at.isoformat() if grant.starts_at else None,
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _check(user: User, given: Grant) -> None:
    place = given.department or given.site
    if given.role in EVERYWHERE_ONLY and place:
        raise Invalid("grant.everywhere_only", field="site")
    if given.role in WITH_AN_END and not given.ends_at:
        raise Invalid("grant.needs_an_end", field="ends_on")
    _check_things(given)
    if given.role is Role.DEPARTMENT_CONTACT and not given.department:
        raise Invalid("grant.needs_a_department", field="department")
    if any(one.is_demo for one in (place, *given.things) if one) and not user.is_demo:
        raise Invalid("grant.demo_place", field="site")
    for wanted in _places(given):
        if any(_is_same(grant, given.role, wanted) for grant in user.grants):
            raise Invalid("grant.has_it_already", field="role")


def _check_things(given: Grant) -> None:
    """Raise Invalid unless who holds things by name, and only they, is given some, and no place."""
    is_by_name = given.role in BY_NAME
    if is_by_name != bool(given.things):
        key = "grant.needs_things" if is_by_name else "grant.no_things"
        raise Invalid(key, field="things")
    if is_by_name and (given.department or given.site):
        raise Invalid("grant.things_no_place", field="site")


def _places(given: Grant) -> list[dict[str, int | None]]:
    """Return where each grant holds that this becomes: one of a place, or one for each thing."""
    if given.things:
        return [{f"{thing.__tablename__}_id": thing.id} for thing in dict.fromkeys(given.things)]
    site = given.department.site if given.department else given.site
    department = given.department
    return [
        {
            "site_id": site.id if site else None,
            "department_id": department.id if department else None,
        }
    ]


def _is_same(grant: RoleGrant, role: Role, places: dict[str, int | None]) -> bool:
    """Whether it is the same role in the same place; what was handed over for a time is another."""
    bounds = ("site_id", "department_id", "asset_id", "module_id")
    is_own = grant.delegated_from_id is None
    is_there = all(getattr(grant, name) == places.get(name) for name in bounds)
    return is_own and grant.role is role and is_there


def _refuse_oneself(user: User, by: Actor) -> None:
    if user.id == by.id:
        raise Refused("user.not_oneself")


def _all_of(user: User) -> dict[str, Any]:
    return {"grants": [told(grant) for grant in user.grants]}
