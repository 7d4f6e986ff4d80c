"""The list of people: searched, filtered, in the order of their names, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import selectinload

from itops.db import db
from itops.models import Role, User

PAGE = 100


class Standing(StrEnum):
    """Whether a person can sign in, and why not."""

    OPEN = "open"
    WAITING = "waiting"
    LOCKED = "locked"
    SHUT = "shut"


@dataclass(frozen=True)
class PeopleWanted:
    """Which people to list; `after` is the name and id of the last one on the page before."""

    text: str = ""
    role: Role | None = None
    standing: Standing | None = None
    after: tuple[str, int] | None = None


def standing_of(user: User, *, at: datetime) -> Standing:
    """Return whether `user` can sign in at present."""
    if not user.is_enabled:
        return Standing.SHUT
    if user.locked_until_at and user.locked_until_at > at:
        return Standing.LOCKED
    return Standing.OPEN if user.password_hash else Standing.WAITING


def list_people(
    wanted: PeopleWanted, within: ColumnElement[bool], *, at: datetime
) -> tuple[Sequence[User], bool]:
    """Return a page of people, their roles loaded, and whether more follow."""
    statement = (
        select(User)
        .where(within, _matching(wanted, at=at))
        .options(selectinload(User.grants))
        .order_by(User.name, User.id)
        .limit(PAGE + 1)
    )
    if wanted.after:
        statement = statement.where(tuple_(User.name, User.id) > tuple_(*wanted.after))
    found = db.session.scalars(statement).all()
    return found[:PAGE], len(found) > PAGE


def count_people(within: ColumnElement[bool]) -> int:
    """Return how many people there are in reach."""
    return db.session.scalars(select(func.count(User.id)).where(within)).one()


def _matching(wanted: PeopleWanted, *, at: datetime) -> ColumnElement[bool]:
    parts = []
    if wanted.text:
        parts.append(
            or_(
                User.name.contains(wanted.text, autoescape=True),
                User.login.contains(wanted.text.lower(), autoescape=True),
            )
        )
    if wanted.role:
        parts.append(User.grants.any(role=wanted.role))
    if wanted.standing:
        parts.append(_standing(wanted.standing, at=at))
    return and_(*parts) if parts else ~false()


def _standing(standing: Standing, *, at: datetime) -> ColumnElement[bool]:
    locked = and_(User.locked_until_at.is_not(None), User.locked_until_at > at)
    has_password = User.password_hash != ""
    return {
        Standing.SHUT: ~User.is_enabled,
        Standing.LOCKED: and_(User.is_enabled, locked),
        Standing.WAITING: and_(User.is_enabled, ~has_password, ~locked),
        Standing.OPEN: and_(
            User.is_enabled,
            has_password,
            or_(User.locked_until_at.is_(None), User.locked_until_at <= at),
        ),
    }[standing]
