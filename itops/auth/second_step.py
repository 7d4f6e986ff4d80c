"""Between password and second factor: who has shown the one and not the other yet."""

from datetime import datetime, timedelta

from flask import g, session
from flask_login import current_user

from itops.auth.sessions import end_session, settings
from itops.clock import utcnow
from itops.db import db
from itops.models import User
from itops.services.users.former_passwords import is_too_old
from itops.services.users.known_browsers import mark

#: The signed cookie's entry with who showed a password, until when, and which password it was.
HALF = "half"
#: Time enough to look for the phone.
VALID_FOR = timedelta(minutes=10)


def begin_half(user: User, *, at: datetime) -> None:
    """Remember on this browser that `user` showed the password; any session it had is over.

    It opens nothing: there is no session until the second factor is shown.
    """
    end_session(at=at)
    ends = int((at + VALID_FOR).timestamp())
    session[HALF] = {"user": user.id, "ends": ends, "mark": mark(user.password_hash)}


def half_signed_in(*, at: datetime) -> User | None:
    """Return who showed the password here, if that was just now and it has not changed since."""
    half = session.get(HALF)
    if not isinstance(half, dict) or half["ends"] <= at.timestamp():
        return None
    user = db.session.get(User, half["user"])
    return user if user is not None and mark(user.password_hash) == half["mark"] else None


def must_set_up() -> bool:
    """Whether a role of this person asks for a second factor that is not there yet.

    The demo's people have no password: they come by links that exist in a demo only.
    """
    return current_user.is_authenticated and lacks_factor(current_user)


def lacks_factor(user: User) -> bool:
    """Whether a role that `user` has in this request asks for a second factor that is not there."""
    asked = settings().two_factor_roles
    if not asked or user.is_demo:
        return False
    grants = [*g.grants, *g.withheld]
    return any(grant.role in asked for grant in grants) and not user.has_second_factor


def must_change_password() -> bool:
    """Whether the password of this person is older than the hospital lets passwords grow."""
    if not current_user.is_authenticated:
        return False
    return is_too_old(current_user, at=utcnow(), most_days=settings().password_max_days)
