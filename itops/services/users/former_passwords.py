"""How old a password may grow, and which ones a person had before."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from itops.db import db
from itops.models import FormerPassword, User


def is_too_old(user: User, *, at: datetime, most_days: int) -> bool:
    """Whether `user` has to choose a new password. 0 days: never."""
    if not most_days or not user.password_hash:
        return False
    return (user.password_set_at or user.created_at) + timedelta(days=most_days) <= at


def keep(user: User, *, at: datetime) -> None:
    """Keep the password that `user` has, if any, as a former one."""
    if user.password_hash:
        db.session.add(
            FormerPassword(user_id=user.id, password_hash=user.password_hash, replaced_at=at)
        )
        db.session.flush()


def remember(user: User, *, at: datetime, most: int) -> None:
    """Keep the password that `user` has as a former one, and forget all but the newest `most`."""
    keep(user, at=at)
    kept = select(FormerPassword.id).where(FormerPassword.user_id == user.id)
    newest = list(db.session.scalars(kept.order_by(FormerPassword.id.desc()).limit(most)))
    db.session.execute(
        delete(FormerPassword).where(
            FormerPassword.user_id == user.id, FormerPassword.id.not_in(newest)
        )
    )


def hashes(user: User, *, most: int) -> list[str]:
    """Return the hash of the password that `user` has, and of those before it, `most` in all.

    Of an account that begins anew the last one is among them, whatever `most` says: somebody else
    may know it.
    """
    most = most if user.password_hash else max(most, 2)
    if not most:
        return []
    rows = select(FormerPassword.password_hash).where(FormerPassword.user_id == user.id)
    former = db.session.scalars(rows.order_by(FormerPassword.id.desc()).limit(most - 1))
    return [user.password_hash, *former]
