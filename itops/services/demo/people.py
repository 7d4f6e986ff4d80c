"""One account a role in the demo hospital; they are signed in to by one-time links only."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from itops.db import db
from itops.i18n import translate
from itops.models import Asset, LinkPurpose, Role, RoleGrant, User
from itops.services.demo.places import Places
from itops.services.users.one_time_links import make_link
from itops.services.users.role_grants import WITH_AN_END

#: Roles whose reach is a township's centre, and those of one department.
OF_A_CENTRE = {Role.SITE_OFFICER}
#: How long the guests of the demo may look.
OF_GUESTS = timedelta(days=365)
OF_A_DEPARTMENT = {Role.DEPARTMENT_CONTACT, Role.REPORTER}
NAMES = {
    Role.REPORTER: "演示护士",
    Role.DEPARTMENT_CONTACT: "演示科室联系人",
    Role.SITE_OFFICER: "演示卫生院信息员",
    Role.ENGINEER: "演示工程师",
    Role.DUTY_OFFICER: "演示值班员",
    Role.HEAD: "演示信息科长",
    Role.DIRECTOR: "演示院长",
    Role.DEPUTY: "演示分管副院长",
    Role.SYSTEM_ADMIN: "演示系统管理员",
    Role.SECURITY_ADMIN: "演示安全管理员",
    Role.AUDIT_ADMIN: "演示审计管理员",
    Role.VENDOR: "演示厂商工程师",
    Role.INSPECTOR: "演示检查人员",
}


def make_people(places: Places, *, at: datetime) -> None:
    """Make the accounts. All reach the demo's root site at most, never what is real."""
    for role, name in NAMES.items():
        both = f"{name} {translate(f'role.{role}', 'en')}"
        user = User(login=f"demo.{role}".replace("_", "-"), name=both, created_at=at, is_demo=True)
        user.grants.append(_grant(role, places, at=at))
        db.session.add(user)


def name_to_vendor(assets: Iterable[Asset], *, at: datetime) -> None:
    """Give the vendor's engineer these things to look after."""
    vendor = db.session.scalars(select(User).where(User.grants.any(role=Role.VENDOR), User.is_demo))
    things = [{"asset_id": asset.id} for asset in assets]
    vendor.one().grants = [
        RoleGrant(role=Role.VENDOR, ends_at=at + OF_GUESTS, given_at=at, **thing)
        for thing in things
    ]


def links(*, at: datetime) -> list[tuple[Role, str]]:
    """Return (role, token of a one-time link) for every account of the demo."""
    statement = select(User).where(User.is_demo).order_by(User.id)
    return [
        (user.grants[0].role, make_link(user, LinkPurpose.SIGN_IN, at=at))
        for user in db.session.scalars(statement)
    ]


def _grant(role: Role, places: Places, *, at: datetime) -> RoleGrant:
    if role in OF_A_CENTRE:
        return RoleGrant(role=role, site_id=places.sites["BH"].id)
    if role in OF_A_DEPARTMENT:
        department = places.departments["检验科"]
        return RoleGrant(role=role, site_id=department.site_id, department_id=department.id)
    ends_at = at + OF_GUESTS if role in WITH_AN_END else None
    return RoleGrant(role=role, site_id=places.hospital.id, ends_at=ends_at, given_at=at)
