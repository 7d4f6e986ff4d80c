"""Roles given to people: which, where, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Department, Role, RoleGrant, Site, User
from itops.services.auditing import Actor, record

#: Roles that look at or after the whole installation: half of it would be a hole in the other.
EVERYWHERE_ONLY = {Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
#: Roles for guests, whose time is limited.
WITH_AN_END = {Role.VENDOR, Role.INSPECTOR}


@dataclass(frozen=True)
class Grant:
    """A role, at a site and all below it (none: everywhere) or for a department, until an end."""

    role: Role
    site: Site | None = None
    department: Department | None = None
    ends_at: datetime | None = None


def give(user: User, given: Grant, *, by: Actor, at: datetime) -> None:
    """Give `user` a role. Raise Refused for oneself, Invalid for what makes no sense."""
    _refuse_oneself(user, by)
    if given.ends_at and given.ends_at <= at:
        raise Invalid("grant.end_is_past", field="ends_on")
    before = _all_of(user)
    add_grant(user, given)
    record("user.role_given", user, by=by, at=at, before=before, after=_all_of(user))


def take(user: User, grant: RoleGrant, *, by: Actor, at: datetime) -> None:
    """Take a role away. Raise Refused for oneself, and for the last who administrates."""
    _refuse_oneself(user, by)
    lock_administrators()
    before = _all_of(user)
    user.grants.remove(grant)
    keep_an_administrator()
    record("user.role_taken", user, by=by, at=at, before=before, after=_all_of(user))


def add_grant(user: User, given: Grant) -> None:
    """Add a role to `user` if it makes sense where it is given; the caller audits."""
    _check(user, given)
    site = given.department.site if given.department else given.site
    user.grants.append(
        RoleGrant(
            role=given.role,
            site_id=site.id if site else None,
            department_id=given.department.id if given.department else None,
            ends_at=given.ends_at,
        )
    )
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
    parts = {
        "role": grant.role.value,
        "site": site.name if site else None,
        "department": department.name if department else None,
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _check(user: User, given: Grant) -> None:
    place = given.department or given.site
    if given.role in EVERYWHERE_ONLY and place:
        raise Invalid("grant.everywhere_only", field="site")
    if given.role in WITH_AN_END and not given.ends_at:
        raise Invalid("grant.needs_an_end", field="ends_on")
    if given.role is Role.DEPARTMENT_CONTACT and not given.department:
        raise Invalid("grant.needs_a_department", field="department")
    if place and place.is_demo and not user.is_demo:
        raise Invalid("grant.demo_place", field="site")
    same = (
        (grant.role, grant.site_id, grant.department_id) == _key(given) for grant in user.grants
    )
    if any(same):
        raise Invalid("grant.has_it_already", field="role")


def _key(given: Grant) -> tuple[Role, int | None, int | None]:
    site = given.department.site if given.department else given.site
    return (
        given.role,
        site.id if site else None,
        given.department.id if given.department else None,
    )


def _refuse_oneself(user: User, by: Actor) -> None:
    if user.id == by.id:
        raise Refused("user.not_oneself")


def _all_of(user: User) -> dict[str, Any]:
    return {"grants": [told(grant) for grant in user.grants]}
