"""The form that gives a role: read, and checked against what its giver has."""

import re
from collections.abc import Mapping
from datetime import datetime

from flask import g
from sqlalchemy import select

from itops.auth.granting import may_give
from itops.auth.permissions import Permission
from itops.auth.scopes import reach
from itops.db import db
from itops.errors import Invalid, Message
from itops.models import Asset, Department, Role, Site, SystemModule
from itops.services.users.role_grants import Grant
from itops.views.showing.choices import choice_of, day_of, end_of, number_of

#: More are no longer "named": give them a site, or ask what for.
MOST_THINGS = 60


def grant_from_form(form: Mapping[str, str]) -> Grant | None:
    """Return the role that the form gives; None when it gives none.

    Raise Invalid for what is not one of the choices, or is more than its giver has.
    """
    reached = reach(Permission.MANAGE_USERS)
    if not form.get("role") and reached.everywhere:
        return None
    role = choice_of(Role, form.get("role", ""))
    if role is None:
        raise Invalid("grant.role_wrong", field="role")
    site, department = _site(form.get("site", "")), _department(form.get("department", ""))
    things, own = _things(form.get("things", "")), {grant.role for grant in g.grants}
    place = department.site_id if department else site.id if site else None
    if not (things or reached.covers(site_id=place)) or not may_give(
        role, site=site, department=department, own_roles=own, things=things
    ):
        raise Invalid("grant.not_yours_to_give", field="role", role=Message(f"role.{role.value}"))
    day = _day(form.get("ends_on", ""))
    return Grant(role, site, department, day, things)


def _things(text: str) -> tuple[Asset | SystemModule, ...]:
    """Return the assets and modules whose tags and codes were typed, all within reach."""
    within = reach(Permission.MANAGE_USERS)
    names = dict.fromkeys(re.split(r"[\s,，;；、]+", text.strip())) if text.strip() else {}
    if len(names) > MOST_THINGS:
        raise Invalid("grant.too_many_things", field="things", n=MOST_THINGS)
    found: list[Asset | SystemModule] = []
    for name in names:
        assets = select(Asset).where(Asset.tag == name, within.condition(Asset))
        modules = select(SystemModule).where(
            SystemModule.code == name, within.condition(SystemModule)
        )
        some = [*db.session.scalars(assets), *db.session.scalars(modules)]
        if len(some) != 1:
            key = "grant.thing_twice" if some else "grant.thing_unknown"
            raise Invalid(key, field="things", name=name[:40])
        found += some
    return tuple(found)


def _site(text: str) -> Site | None:
    if not text:
        return None
    found = db.session.get(Site, number_of(text) or 0)
    if found is None or not reach(Permission.MANAGE_USERS).covers(site_id=found.id):
        raise Invalid("grant.site_wrong", field="site")
    return found


def _department(text: str) -> Department | None:
    if not text:
        return None
    found = db.session.get(Department, number_of(text) or 0)
    if found is None or not reach(Permission.MANAGE_USERS).covers(site_id=found.site_id):
        raise Invalid("grant.department_wrong", field="department")
    return found


def _day(text: str) -> datetime | None:
    if not text.strip():
        return None
    day = day_of(text)
    if day is None:
        raise Invalid("grant.ends_on_wrong", field="ends_on")
    return end_of(day)
