"""Roles and where they hold, in words, for lists and choices."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from itops.db import db
from itops.models import Asset, Department, Role, RoleGrant, Site, SystemModule, User
from itops.views.answering.language import named, t
from itops.views.showing.choices import Places


def role_options(roles: Iterable[Role]) -> list[tuple[str, str]]:
    """Return every role with its name."""
    return [(role.value, t(f"role.{role.value}")) for role in roles]


def site_options(places: Places) -> list[tuple[int | str, str]]:
    """Return the sites in reach; everywhere first, for whoever may give that."""
    everywhere = [("", t("grant.everywhere"))] if places.reach.everywhere else []
    return [*everywhere, *((site.id, named(site)) for site in places.sites)]


def department_options(places: Places) -> list[tuple[int | str, str]]:
    """Return the departments in reach, each with its site."""
    told = {site.id: named(site) for site in places.sites}
    found = [
        (department.id, f"{told.get(department.site_id, '')} · {named(department)}".strip(" ·"))
        for department in places.departments
    ]
    return [("", t("grant.no_department")), *sorted(found, key=lambda pair: pair[1])]


def grant_place(grant: RoleGrant) -> str:
    """Return where a role holds."""
    parts = [
        db.session.get(Site, grant.site_id) if grant.site_id else None,
        db.session.get(Department, grant.department_id) if grant.department_id else None,
    ]
    told = [named(part) for part in parts if part]
    if grant.asset_id is not None:
        asset = db.session.get_one(Asset, grant.asset_id)
        told.append(f"{asset.tag} {named(asset)}")
    if grant.module_id is not None:
        module = db.session.get_one(SystemModule, grant.module_id)
        told.append(f"{module.code} {named(module)}")
    return " · ".join(told) or t("grant.everywhere" if grant.holds_everywhere else "grant.nowhere")


def colleague_options(people: Iterable[User]) -> list[tuple[int | str, str]]:
    """Return people to choose from; names may be equal, so each with how they sign in."""
    return [(one.id, f"{one.name} ({one.login})") for one in people]


def last_day(ends_at: datetime) -> datetime:
    """Return a moment of the last day on which something that ends holds."""
    return ends_at - timedelta(seconds=1)


GLOBALS = (role_options, site_options, department_options, grant_place, last_day, colleague_options)
