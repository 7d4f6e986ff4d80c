"""Roles given to people: which, where, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Asset, Department, Role, RoleGrant, Site, SystemModule, User
from itops.services.auditing import Actor, record
from itops.services.users import three_administrators, ways_in
from itops.services.users.three_administrators import audits_themselves

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
    refuse_oneself(user, by)
    hold(user)
    before = all_of(user)
    add_grant(user, given, at=at)
    after = all_of(user) | begin_anew(user, given.role, by=by, at=at)
    if given.role in three_administrators.THREE and audits_themselves(user, at=at):
        after |= {"audits_themselves": True}
    record("user.role_given", user, by=by, at=at, before=before, after=after)


def begin_anew(user: User, role: Role, *, by: Actor, at: datetime) -> dict[str, Any]:
    """Shut every way into an account whose new role asks for it; return what the log says of it."""
    if not ways_in.begins_anew(role, by=by):
        return {}
    ways_in.shut_all(user, by=by, at=at)
    return {"ways_in_shut": True}


def take(user: User, grant: RoleGrant, *, by: Actor, at: datetime) -> None:
    """Take a role away, and with it what was handed on of it.

    Raise Refused for oneself, and for the last in an administrator's seat.
    """
    refuse_oneself(user, by)
    before_seats = three_administrators.lock_seats(at=at)
    if grant not in user.grants:
        raise Refused("grant.gone_meanwhile")
    handed = [f"{one.user.name}: {one.role.value}" for one in grant.handed_on]
    before = all_of(user) | ({"handed_on": handed} if handed else {})
    user.grants.remove(grant)
    three_administrators.keep_seats(before_seats, at=at)
    record("user.role_taken", user, by=by, at=at, before=before, after=all_of(user))


def hold(*people: User) -> None:
    """Let nobody else give these people a role, or shut their accounts, until this is done.

    Two roles that may not be in one hand would be given at once. By number: no two wait for each
    other.
    """
    rows = select(User.id).where(User.id.in_([one.id for one in people])).order_by(User.id)
    db.session.execute(rows.with_for_update(key_share=True))
    for one in people:
        db.session.refresh(one)


def add_grant(user: User, given: Grant, *, at: datetime) -> None:
    """Add a role to `user` if it makes sense where it is given; the caller audits."""
    check(user, given, at=at)
    for places in places_of(given):
        user.grants.append(RoleGrant(role=given.role, ends_at=given.ends_at, given_at=at, **places))
    db.session.flush()


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


def check(user: User, given: Grant, *, at: datetime) -> None:
    """Raise Invalid for a role that makes no sense where it is given, or for this person."""
    if given.ends_at and given.ends_at <= at:
        raise Invalid("grant.end_is_past", field="ends_on")
    place = given.department or given.site
    if given.role in EVERYWHERE_ONLY and place:
        raise Invalid("grant.everywhere_only", field=_place_field(given))
    if given.role in WITH_AN_END and not given.ends_at:
        raise Invalid("grant.needs_an_end", field="ends_on")
    _check_things(given)
    three_administrators.check(user, given.role, at=at)
    if given.role is Role.DEPARTMENT_CONTACT and not given.department:
        raise Invalid("grant.needs_a_department", field="department")
    if not user.is_demo:
        _check_no_demo(given)
    for wanted in places_of(given):
        if any(is_same(grant, given.role, wanted) for grant in user.grants):
            raise Invalid("grant.has_it_already", field="role")


def _check_things(given: Grant) -> None:
    """Raise Invalid unless who holds things by name, and only they, is given some, and no place."""
    is_by_name = given.role in BY_NAME
    if is_by_name != bool(given.things):
        key = "grant.needs_things" if is_by_name else "grant.no_things"
        raise Invalid(key, field="things")
    if is_by_name and (given.department or given.site):
        raise Invalid("grant.things_no_place", field=_place_field(given))


def _check_no_demo(given: Grant) -> None:
    """Raise Invalid if a real person is given something of the demo hospital."""
    place = given.department or given.site
    if place is not None and place.is_demo:
        raise Invalid("grant.demo_place", field=_place_field(given))
    if any(thing.is_demo for thing in given.things):
        raise Invalid("grant.demo_things", field="things")


def _place_field(given: Grant) -> str:
    """Return the field in which the place was chosen that counts."""
    return "department" if given.department else "site"


def places_of(given: Grant) -> list[dict[str, int | None]]:
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


def is_same(grant: RoleGrant, role: Role, places: dict[str, int | None]) -> bool:
    """Whether it is the same role in the same place; what was handed over for a time is another."""
    bounds = ("site_id", "department_id", "asset_id", "module_id")
    is_own = grant.delegated_from_id is None
    is_there = all(getattr(grant, name) == places.get(name) for name in bounds)
    return is_own and grant.role is role and is_there


def refuse_oneself(user: User, by: Actor) -> None:
    """Raise Refused where somebody would change what they may do."""
    if user.id == by.id:
        raise Refused("user.not_oneself")


def all_of(user: User) -> dict[str, Any]:
    """Return all grants of a person as the log keeps them."""
    return {"grants": [told(grant) for grant in user.grants]}
