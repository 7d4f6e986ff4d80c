"""Rows that are due: claimed in batches, kept by a heartbeat, settled by whoever holds them.

The database is the truth. Whoever writes its name into a row that is free works on it; its results
are written in one transaction with the proof that it still does, so that two workers by mistake do
each thing once, and what a killed one left is free again when its lease is over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_, select, true, update

from itops.db import db
from itops.services.leases import LEASE

#: Work that was begun so often and never ended isn't begun again: it is settled as interrupted.
MOST_ATTEMPTS = 3
#: When results can't be written (a fault of ours), the row is due again after this.
AGAIN_AFTER = timedelta(minutes=5)


class InterruptedTooOftenError(Exception):
    """Whoever began this work died of it each time."""


@dataclass(frozen=True)
class Claimed:
    """A row that is ours. `was_interrupted`: a worker began it and died before it ended."""

    id: int
    due_at: datetime
    starts: int
    was_interrupted: bool


@dataclass(frozen=True)
class Done:
    """What became of a piece of work: a result, or the error that ended it."""

    row: Claimed
    task: Any
    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True, kw_only=True)
class DueQueue:
    """A table of due rows (models.due.Due) and what is done with them.

    `load` runs in the claim's transaction and returns what `carry_out` needs by row id; a row that
    it leaves out is due no more. `carry_out` runs on one of `threads`, outside any transaction, and
    must end by itself; after `most_seconds` its row is free for somebody else. `settle` writes a
    group of results in one transaction *and says when each row is due again*; an error that
    `carry_out` raised comes to it as such.
    """

    name: str
    model: type[Any]
    load: Callable[[Sequence[Claimed], datetime], Mapping[int, Any]]
    carry_out: Callable[[Any], Any]
    settle: Callable[[Sequence[Done], datetime], None]
    threads: int = 4
    most_seconds: float = 300.0
    #: Rows for which this is false are left alone.
    where: Callable[[], ColumnElement[bool]] = true
    #: Bring back rows that are due too far ahead: the clock was put back (see docs/architecture).
    set_back: Callable[[datetime], None] | None = None


@dataclass(frozen=True)
class Standing:
    """How a queue stands: rows that wait, rows in work, and by how much the oldest is late."""

    name: str
    waiting: int
    working: int
    lag_seconds: float


def has_due(queue: DueQueue, *, at: datetime) -> bool:
    """Whether a row is due that nobody works on."""
    table = _table(queue)
    statement = select(table.c.id).where(*_due(queue, at)).limit(1)
    return db.session.scalar(statement) is not None


def claim(
    queue: DueQueue, *, at: datetime, limit: int, holder: str, also_lapsed: bool = True
) -> list[Claimed]:
    """Take up to `limit` rows, those that have been due for longest first.

    Without `also_lapsed` rows that somebody has begun are left alone, though their lease is over.
    """
    table = _table(queue)
    wanted = _due(queue, at) if also_lapsed else [*_due(queue, at), table.c.held_by.is_(None)]
    found = db.session.execute(
        select(table.c.id, table.c.due_at, table.c.starts, table.c.held_by)
        .where(*wanted)
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [row.id for row in found]
    taken = {"lease_until_at": at + LEASE, "held_by": holder, "starts": table.c.starts + 1}
    if ids:
        _execute(update(table).where(table.c.id.in_(ids)).values(**taken))
    return [
        Claimed(row.id, row.due_at, row.starts, was_interrupted=row.held_by is not None)
        for row in found
    ]


def forget(queue: DueQueue, ids: Collection[int], *, holder: str) -> None:
    """Write down that these rows of ours have nothing to be done: they are due no more."""
    table = _table(queue)
    nothing = {"due_at": None, "lease_until_at": None, "held_by": None, "starts": 0}
    if ids:
        _execute(update(table).where(*_ours(table, ids, holder)).values(**nothing))


def keep(queue: DueQueue, ids: Collection[int], *, at: datetime, holder: str) -> set[int]:
    """Stay in charge of these rows; return those of which we are."""
    return _set(queue, ids, holder, lease_until_at=at + LEASE)


def settle(queue: DueQueue, done: Sequence[Done], *, at: datetime, holder: str) -> int:
    """Write results, those whose rows are still ours; return how many those are."""
    by_id = {each.row.id: each for each in done}
    ours = _set(queue, by_id, holder, lease_until_at=None, held_by=None, starts=0)
    if ours:
        queue.settle([by_id[row_id] for row_id in by_id if row_id in ours], at)
    return len(ours)


def put_off(queue: DueQueue, row_id: int, *, at: datetime, holder: str) -> None:
    """Have a row's work done again in a while: its result could not be written."""
    again = {"due_at": at + AGAIN_AFTER, "lease_until_at": None, "held_by": None}
    _set(queue, [row_id], holder, **again)


def put_down(queue: DueQueue, rows: Collection[Claimed], *, holder: str) -> None:
    """Give back rows that were not begun yet, as they were found."""
    for row in rows:
        _set(queue, [row.id], holder, lease_until_at=None, held_by=None, starts=row.starts)


def free_all(queue: DueQueue, *, at: datetime) -> None:
    """Let every lease end now: no other worker can be alive (an embedded database at start)."""
    table = _table(queue)
    _execute(update(table).where(table.c.lease_until_at >= at).values(lease_until_at=_past(at)))


def set_back(queue: DueQueue, *, at: datetime) -> None:
    """Let no lease and no row wait for a moment far ahead, now that the clock was put back."""
    table = _table(queue)
    too_long = table.c.lease_until_at > at + LEASE
    _execute(update(table).where(too_long).values(lease_until_at=at + LEASE))
    if queue.set_back:
        queue.set_back(at)


def standing(queue: DueQueue, *, at: datetime) -> Standing:
    """Return how a queue stands."""
    table = _table(queue)
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(table.c.due_at)).where(*_due(queue, at))
    ).one()
    working = db.session.scalar(
        select(func.count())
        .select_from(table)
        .where(table.c.due_at <= at, ~_is_free(table, at), queue.where())
    )
    lag = (at - oldest).total_seconds() if oldest else 0.0
    return Standing(queue.name, waiting, working or 0, lag)


def _set(queue: DueQueue, ids: Collection[int], holder: str, **values: Any) -> set[int]:
    """Change those of the rows that are ours; return their ids."""
    table = _table(queue)
    mine = update(table).where(*_ours(table, ids, holder)).values(**values).returning(table.c.id)
    return set(_execute(mine).scalars()) if ids else set()


def _ours(table: Table, ids: Collection[int], holder: str) -> list[ColumnElement[bool]]:
    return [table.c.id.in_(ids), table.c.held_by == holder]


def _due(queue: DueQueue, at: datetime) -> list[ColumnElement[bool]]:
    table = _table(queue)
    return [table.c.due_at <= at, _is_free(table, at), queue.where()]


def _is_free(table: Table, at: datetime) -> ColumnElement[bool]:
    return or_(table.c.lease_until_at.is_(None), table.c.lease_until_at < at)


def _past(at: datetime) -> datetime:
    return at - timedelta(seconds=1)


def _execute(statement: Any) -> Any:
    return db.session.connection().execute(statement)


def _table(queue: DueQueue) -> Table:
    table: Table = queue.model.__table__
    return table
