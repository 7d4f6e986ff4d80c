"""How the routes of leave are called so that they change something."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from itops.clock import utcnow
from itops.db import db
from itops.models import Role, RoleGrant, User
from itops.services.users.passwords import hashed
from tests import factories

Call = tuple[str, dict[str, Any]]
GOOD = "a good long sentence"
DAYS = {
    name: f"{utcnow() + timedelta(days=days):%Y-%m-%d}"
    for name, days in (("starts_on", 2), ("ends_on", 9))
}


def handed(giver: User, to: User) -> RoleGrant:
    """Return a row as it stands once a giver's role is handed over."""
    own = next(one for one in giver.grants if one.role not in {Role.SYSTEM_ADMIN})
    at = utcnow()
    made = RoleGrant(role=own.role, starts_at=at, ends_at=at + timedelta(days=3))
    made.user_id, made.delegated_from_id = to.id, own.id
    db.session.add(made)
    db.session.flush()
    return made


def _of(user: User, role: Role) -> str:
    return str(next(one.id for one in user.grants if one.role is role))


def _hand_over(me: User) -> Call:
    me.password_hash = hashed(GOOD)
    to = factories.user(role=Role.ENGINEER)
    return "/account/leave", DAYS | {
        "to": str(to.id),
        "grant": _of(me, Role.HEAD),
        "present": GOOD,
    }


def _hand_over_for(_me: User) -> Call:
    ill, to = factories.user(role=Role.ENGINEER), factories.user(role=Role.ENGINEER)
    form = {"to": str(to.id), "grant": str(ill.grants[0].id)}
    return f"/users/{ill.id}/leave", DAYS | form


def _end(me: User) -> Call:
    made = handed(factories.user(role=Role.ENGINEER), me)
    return f"/account/leave/{made.id}/end", {}


LEAVE_CHANGES: dict[str, Callable[[User], Call]] = {
    "leave.end": _end,
    "leave.hand_over": _hand_over,
    "leave.hand_over_for": _hand_over_for,
}
