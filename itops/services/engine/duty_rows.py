"""Duties: work that comes round. A row says when each is due; it is claimed by an update.

The database is the truth: whoever changes the row's lease does the work, so two workers by
mistake do each thing once, and what a killed worker left is done when its lease is over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from itops.config import Settings
from itops.db import db
from itops.models import Duty
from itops.services.leases import LEASE, LeaseLost

#: After a failure a duty is tried again this soon, or when it comes round if that is sooner.
AGAIN_AFTER = timedelta(minutes=5)
#: What a duty does: it yields after each piece of work, and the caller commits.
Pieces = Iterator[None]


@dataclass(frozen=True)
class DutyKind:
    """How often a duty comes round, and what is done then."""

    every: timedelta
    work: Callable[[datetime, Settings], Pieces]


Kinds = Mapping[str, DutyKind]


@dataclass(frozen=True)
class Claim:
    """A duty that is ours."""

    name: str
    holder: str


@dataclass(frozen=True)
class Standing:
    """By how many seconds a duty is late (0: it is not), and how many it took last."""

    name: str
    lag_seconds: float
    last_seconds: float | None


def are_planned(kinds: Kinds) -> bool:
    """Whether every duty has its row."""
    return kinds.keys() <= set(db.session.scalars(select(Duty.name)))


def plan(kinds: Kinds, *, at: datetime) -> None:
    """Make the rows of duties that have none yet, due at once."""
    known = set(db.session.scalars(select(Duty.name)))
    for name in kinds.keys() - known:
        row = _insert().values(name=name, due_at=at, last_error="")
        db.session.execute(row.on_conflict_do_nothing())


def next_due(kinds: Kinds, *, at: datetime, also_lapsed: bool = True) -> str | None:
    """Return the duty that has been due for longest and that nobody works on.

    Without `also_lapsed` none that somebody has begun, though its lease is over.
    """
    return db.session.scalar(
        select(Duty.name)
        .where(Duty.name.in_(kinds), Duty.due_at <= at, _is_free(at))
        .where(true() if also_lapsed else Duty.held_by.is_(None))
        .order_by(Duty.due_at)
        .limit(1)
    )


def claim(name: str, *, at: datetime, holder: str) -> Claim | None:
    """Take the duty, unless somebody else just did or did it."""
    taken = update(Duty).where(Duty.name == name, Duty.due_at <= at, _is_free(at))
    is_ours = _changes(taken.values(lease_until_at=at + LEASE, held_by=holder))
    return Claim(name, holder) if is_ours else None


def keep(claimed: Claim, *, at: datetime) -> None:
    """Stay in charge, in the transaction of the work itself. Raise LeaseLost if we are not."""
    _own(claimed, lease_until_at=at + LEASE)


def finish(claimed: Claim, kind: DutyKind, *, at: datetime, seconds: float) -> None:
    """Write down that the duty is done, and when it is due again."""
    _end(claimed, due_at=at + kind.every, last_done_at=at, last_seconds=seconds, last_error="")


def leave(claimed: Claim, *, at: datetime) -> None:
    """Put the duty down half-way, for whoever comes next."""
    _end(claimed, due_at=at)


def fail(claimed: Claim, kind: DutyKind, error: str, *, at: datetime) -> None:
    """Write down what went wrong; the duty is tried again soon."""
    _end(claimed, due_at=at + min(kind.every, AGAIN_AFTER), last_error=error[:500])


def free_all(*, at: datetime) -> None:
    """Let every lease end now: no other worker can be alive (an embedded database at start)."""
    lapsed = at - timedelta(seconds=1)
    held = update(Duty).where(Duty.lease_until_at >= at)
    db.session.connection().execute(held.values(lease_until_at=lapsed))


def set_back(kinds: Kinds, *, at: datetime) -> None:
    """Let no duty wait for a moment far ahead, now that the clock was put back."""
    connection = db.session.connection()
    for name, kind in kinds.items():
        ahead = update(Duty).where(Duty.name == name, Duty.due_at > at + kind.every)
        connection.execute(ahead.values(due_at=at + kind.every))
    too_long = update(Duty).where(Duty.lease_until_at > at + LEASE)
    connection.execute(too_long.values(lease_until_at=at + LEASE))


def standing(*, at: datetime) -> list[Standing]:
    """Return how every duty stands."""
    rows = db.session.execute(select(Duty.name, Duty.due_at, Duty.last_seconds)).all()
    return [
        Standing(name, max(0.0, (at - due_at).total_seconds()), seconds)
        for name, due_at, seconds in rows
    ]


def _end(claimed: Claim, **values: object) -> None:
    _own(claimed, lease_until_at=None, held_by=None, **values)


def _own(claimed: Claim, **values: object) -> None:
    mine = update(Duty).where(Duty.name == claimed.name, Duty.held_by == claimed.holder)
    if not _changes(mine.values(**values)):
        raise LeaseLost(claimed.name)


def _changes(statement: Update) -> bool:
    return bool(db.session.connection().execute(statement).rowcount == 1)


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(Duty.lease_until_at.is_(None), Duty.lease_until_at < at)


def _insert() -> postgresql.Insert | sqlite.Insert:
    is_postgresql = db.session.connection().dialect.name == "postgresql"
    return postgresql.insert(Duty) if is_postgresql else sqlite.insert(Duty)
