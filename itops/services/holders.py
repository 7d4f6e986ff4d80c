"""Who holds one of some roles at a place: the people to whom a thing that is there can be given."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from itops.db import db
from itops.models import Role, RoleGrant, Site, User

#: Who is given work: tickets, orders, plans, modules to answer for. One who holds none of these
#: could not do it (see Permission.WORK_TICKETS and DO_WORK_ORDERS).
WORKERS = (Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD)


def workers_at(
    site_id: int | None, department_id: int | None, *, at: datetime
) -> ColumnElement[bool]:
    """Return what narrows a query for people to those who may be given work at this place."""
    return holds_at(WORKERS, site_id, department_id, at=at)


def holds_at(
    roles: Collection[Role], site_id: int | None, department_id: int | None, *, at: datetime
) -> ColumnElement[bool]:
    """Return what narrows a query for people to those whose roles, at `at`, hold at this place."""
    anywhere = RoleGrant.department_id.is_(None)
    here = [
        and_(anywhere, RoleGrant.site_id.is_(None)),
        and_(anywhere, RoleGrant.site_id.in_(site_and_above(site_id))),
    ]
    if department_id is not None:
        here.append(RoleGrant.department_id == department_id)
    granted = select(RoleGrant.user_id).where(
        RoleGrant.role.in_(roles),
        holding(at),
        or_(*here),
    )
    return and_(User.id.in_(granted), User.is_enabled)


def holding(at: datetime) -> ColumnElement[bool]:
    """Return what narrows a query for grants to those that have begun and have not ended."""
    return and_(or_(RoleGrant.starts_at.is_(None), RoleGrant.starts_at <= at), not_over(at))


def not_over(at: datetime) -> ColumnElement[bool]:
    """Return what narrows a query for grants to those that have not ended."""
    return or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > at)


def site_and_above(site_id: int | None) -> list[int]:
    """Return a site and all above it."""
    found: list[int] = []
    while site_id is not None and site_id not in found:
        found.append(site_id)
        site_id = db.session.scalar(select(Site.parent_id).where(Site.id == site_id))
    return found
