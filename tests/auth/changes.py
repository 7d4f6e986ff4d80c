"""How every route that changes something is called so that it does: add yours here."""

from collections.abc import Callable
from typing import Any

from itops.clock import utcnow
from itops.models import LinkPurpose, Role, User
from itops.services.users.one_time_links import make_link
from itops.services.users.passwords import hashed
from itops.views.users.pages import seen
from tests import factories
from tests.auth import changes_of_alerts
from tests.auth.changes_of_leave import LEAVE_CHANGES
from tests.auth.changes_of_maintenance import MAINTENANCE_CHANGES
from tests.auth.changes_of_reviews import REVIEW_CHANGES
from tests.auth.changes_of_signing_in import SIGNING_IN_CHANGES
from tests.auth.check_changes import CHECK_CHANGES

GOOD = "a good long sentence"
#: Blueprints whose changing routes must all stand in CHANGES.
COVERED = {
    "access_review",
    "account",
    "alerts",
    "audit",
    "checks",
    "language",
    "leave",
    "maintenance",
    "modules",
    "places",
    "proposals",
    "second_factor",
    "sign_in",
    "tokens",
    "user_access",
    "users",
    "welcome",
}

Call = tuple[str, dict[str, Any]]


def person() -> User:
    return factories.user(role=Role.REPORTER, name="被改的人")


def _sign_in(_me: User) -> Call:
    factories.user(login="knocks", role=Role.ENGINEER, password_hash=hashed(GOOD))
    return "/sign-in", {"login": "knocks", "password": GOOD}


def _welcome(_me: User) -> Call:
    token = make_link(person(), LinkPurpose.SET_PASSWORD, at=utcnow())
    return f"/welcome/{token}", {"password": GOOD, "again": GOOD}


def _end_all(me: User) -> Call:
    me.password_hash = hashed(GOOD)
    return "/account/sessions/end-all", {"proof": GOOD}


def _password(me: User) -> Call:
    me.password_hash = hashed(GOOD)
    new = "another long sentence"
    return "/account/password", {"present": GOOD, "password": new, "again": new}


def _edit(_me: User) -> Call:
    who = person()
    given = {"login": who.login, "name": "新名", "version": seen(who)}
    return f"/users/{who.id}/edit", given


def _take(_me: User) -> Call:
    who = person()
    return f"/users/{who.id}/roles/{who.grants[0].id}/take", {}


def _move(_me: User) -> Call:
    ward = factories.department()
    return f"/places/department/{ward.id}/move", {"parent": factories.site().id}


def _new_name() -> Call:
    ward = factories.department(name="旧")
    return f"/places/department/{ward.id}/rename", {"version": "旧", "name": "新"}


#: Endpoint → (address, form) of a call that changes something; given the person who calls.
def _module_form() -> dict[str, Any]:
    return {"code": "LIS", "name": "检验系统", "site_id": factories.site().id}


def _edit_module(_me: User) -> Call:
    module = factories.module()
    given = {"code": "X", "name": "改名", "site_id": module.site_id, "version": module.version}
    return f"/modules/{module.id}/edit", given


def _stand(_me: User) -> Call:
    module = factories.module()
    machine = factories.asset(site=module.site)
    return f"/modules/stands/module/{module.id}", {"kind": "runs_on", "tag": machine.tag}


def _fall(_me: User) -> Call:
    made = factories.dependency(lower=factories.asset())
    address = f"/modules/stands/module/{made.upper_module_id}/cut"
    return address, {"dependency": made.id}


CHANGES: dict[str, Callable[[User], Call]] = {
    **REVIEW_CHANGES,
    **changes_of_alerts.CHANGES,
    **CHECK_CHANGES,
    **LEAVE_CHANGES,
    **MAINTENANCE_CHANGES,
    **SIGNING_IN_CHANGES,
    "audit.verify": lambda _me: ("/audit/verify", {}),
    "account.change_password": _password,
    "account.end_all": _end_all,
    "account.end_one": lambda _me: ("/account/sessions/{session_id}/end", {}),
    "language.look": lambda _me: ("/look", {"language": "zh_Hans"}),
    "modules.dependencies.connect": _stand,
    "modules.dependencies.cut": _fall,
    "modules.writing.create": lambda _me: ("/modules/new", _module_form()),
    "modules.writing.update": _edit_module,
    "modules.writing.use": lambda _me: (f"/modules/{factories.module().id}/use", {}),
    "places.add": lambda _me: (
        f"/places/site/{factories.site().id}/add",
        {"kind": "department", "name": "检验科"},
    ),
    "places.add_site": lambda _me: ("/places", {"name": "医院", "kind": "county_hospital"}),
    "places.move": _move,
    "places.remove": lambda _me: (f"/places/department/{factories.department().id}/remove", {}),
    "places.rename": lambda _me: _new_name(),
    "sign_in.leave": lambda _me: ("/sign-out", {}),
    "sign_in.submit": _sign_in,
    "user_access.give": lambda _me: (f"/users/{person().id}/roles", {"role": "director"}),
    "user_access.new_link": lambda _me: (f"/users/{person().id}/link", {}),
    "user_access.open_again": lambda _me: (f"/users/{person().id}/open", {}),
    "user_access.shut": lambda _me: (f"/users/{person().id}/shut", {}),
    "user_access.take": _take,
    "users.create": lambda _me: ("/users/new", {"login": "new", "name": "新人"}),
    "users.save": _edit,
    "welcome.use": _welcome,
}
