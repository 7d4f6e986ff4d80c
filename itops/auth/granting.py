"""Nobody gives what they lack: which roles a person may give, and whose account they may change."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, not_, true

from itops.auth.permissions import GRANTS, Permission
from itops.auth.scopes import own_reach, reach
from itops.clock import utcnow
from itops.models import Asset, Department, Role, RoleGrant, Site, SystemModule, User
from itops.services.holders import not_over
from itops.services.users import three_administrators
from itops.services.users.admin_addresses import ADMINISTRATORS

#: Roles that are kept apart: only one who holds the same may give it, whatever else they hold.
KEPT_APART = ADMINISTRATORS


def permissions_of(role: Role) -> set[Permission]:
    """Return what a role may do."""
    return {permission for permission, roles in GRANTS.items() if role in roles}


def may_give(
    role: Role,
    *,
    site: Site | None,
    department: Department | None,
    own_roles: set[Role],
    things: Sequence[Asset | SystemModule] = (),
) -> bool:
    """Whether the person of this request may do, at that place, all that `role` may do.

    By roles of their own: what somebody on leave handed to them is not passed on. Where three
    administrators are kept apart, another one approves instead.
    """
    if three_administrators.is_on():
        return role not in KEPT_APART or reach(Permission.MANAGE_USERS).everywhere
    if role in KEPT_APART and role not in own_roles:
        return False
    places: list[tuple[int | None, int | None]] = [
        (one.site_id, one.department_id) for one in things
    ]
    if not places:
        site_id = department.site_id if department else site.id if site else None
        places = [(site_id, department.id if department else None)]
    return all(
        own_reach(permission).covers(site_id=site_id, department_id=department_id)
        for permission in permissions_of(role)
        for site_id, department_id in places
    )


def may_change(user: User, *, own_roles: set[Role]) -> bool:
    """Whether the person of this request may do all that `user` may do, so that a new password
    or a closed account is no way to more than they have.

    Where three administrators are kept apart, accounts of working people are the system
    administrator's to keep; those of the other two are nobody's but the command line's.
    """
    at = utcnow()
    if three_administrators.is_on():
        held = {grant.role for grant in user.grants if not grant.is_over(at)}
        return held & KEPT_APART <= own_roles
    return all(
        (grant.role not in KEPT_APART or grant.role in own_roles)
        and all(
            own_reach(permission).covers(
                site_id=grant.site_id,
                department_id=grant.department_id,
                asset_id=grant.asset_id,
                module_id=grant.module_id,
            )
            for permission in permissions_of(grant.role)
        )
        for grant in user.grants
        if not grant.is_over(at)
    )


def people_in_reach() -> ColumnElement[bool]:
    """Return what narrows a query for people to those whom the person of this request manages.

    Who manages one site's people sees those who have roles there and nowhere else.
    """
    reached = reach(Permission.MANAGE_USERS)
    if reached.everywhere:
        return true()
    inside = RoleGrant.site_id.in_(reached.site_ids)
    outside = (not_(inside) | RoleGrant.site_id.is_(None)) & not_over(utcnow())
    return and_(User.grants.any(inside), not_(User.grants.any(outside)))
