"""The ways into an account; all are shut when it becomes security or audit administrator's."""

from datetime import datetime

from sqlalchemy import update

from itops.db import db
from itops.models import LinkPurpose, Role, User, UserSession
from itops.services.auditing import Actor
from itops.services.users import former_passwords, three_administrators, tokens
from itops.services.users.one_time_links import end_links

#: The two that the system administrator, who makes everybody's links, must not be able to be.
WATCHERS = frozenset({Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


def end_sessions(user: User, *, at: datetime) -> None:
    """Sign `user` out of every browser."""
    db.session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def begins_anew(role: Role, *, by: Actor) -> bool:
    """Whether an account that gets this role gets in by a link from the machine itself only.

    Where three administrators are kept apart; what is given on the machine brings its link along.
    """
    return three_administrators.is_on() and role in WATCHERS and by.id is not None


def shut_all(user: User, *, by: Actor, at: datetime) -> None:
    """Leave no way into the account: whoever made its first link may know or hold each of them.

    The caller audits why.
    """
    former_passwords.keep(user, at=at)
    user.password_hash, user.password_set_at = "", None
    user.second_factor = None
    end_sessions(user, at=at)
    end_links(user, LinkPurpose.SET_PASSWORD, at=at)
    tokens.revoke_all(user, by=by, at=at)
