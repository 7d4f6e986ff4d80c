"""Packing: rows of figures that are old enough become a block of samples and its roll-ups.

An owner's window is one transaction: the rows go as the blocks that hold them come, so a process
that is killed has either packed the window or left it, and rows that arrive late are merged into
blocks that exist. What is slow (reading, compressing) is done before the writing transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from itops.db import db, reading
from itops.services.history import blocks
from itops.services.history.blocks import Place
from itops.services.history.layouts import names_of
from itops.services.history.owners import ALL, HOSTS, Owners
from itops.services.history.window import Window, joined, of_rows, rolled_up
from itops.services.history.windows import ROLL_UPS, SAMPLES, Resolution

#: Windows packed in one round, and of one owner: what is left is for the next round.
MOST_WINDOWS = 200
MOST_WINDOWS_OF_ONE = 30
#: Rows taken at once; a window with more is packed in several transactions.
MOST_ROWS = 4000


@dataclass(frozen=True)
class Change:
    """One block as it was read, and the window that is to stand there."""

    place: Place
    stored: tuple[int, bytes] | None
    window: Window


@dataclass(frozen=True)
class Plan:
    """What packing one window of an owner writes, once `row_ids` are deleted."""

    row_ids: list[int]
    changes: list[Change]
    owners: Owners = HOSTS


def pack(*, at: datetime, keep: timedelta) -> Iterator[None]:
    """Pack windows that ended before `at` - `keep`. Yield after each, for the caller to commit.

    A window is packed when all of it is old enough, so a row is kept for up to 6 hours more.
    """
    for owners in ALL:
        yield from pack_owners(owners, cutoff=int((at - keep).timestamp()))


def pack_owners(owners: Owners, *, cutoff: int) -> Iterator[None]:
    """Pack windows of one kind of owner that ended before `cutoff`; yield after each."""
    left = MOST_WINDOWS
    for owner_id, oldest in those_with_rows(owners, before_seconds=cutoff):
        for _ in pack_one(owners, owner_id, oldest, cutoff):
            yield
            left -= 1
            if not left:
                return


def those_with_rows(owners: Owners, *, before_seconds: int) -> list[tuple[int, int]]:
    """Return (owner, second of its oldest row) for owners with a row before `before_seconds`."""
    owner_id = owners.table.c.id
    oldest = select(func.min(owners.rows.c.at_ms)).where(owners.id_of_row == owner_id)
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(select(owner_id, oldest.scalar_subquery())).all()
    return sorted(
        (
            (found, at_ms // 1000)
            for found, at_ms in rows
            if at_ms is not None and at_ms < before_seconds * 1000
        ),
        key=lambda pair: pair[1],
    )


def pack_one(owners: Owners, owner_id: int, oldest: int, cutoff: int) -> Iterator[None]:
    """Pack the owner's windows that are over by `cutoff`, oldest first; yield after each."""
    found: int | None = oldest
    for _ in range(MOST_WINDOWS_OF_ONE):
        if found is None:
            return
        start = SAMPLES.start_of(owner_id, found)
        if start + SAMPLES.window_seconds > cutoff:
            return
        with reading(), db.engine.connect() as connection:
            plan = plan_window(connection, Place(owner_id, SAMPLES, start, owners))
        if not carry_out(db.session.connection(), plan):
            return
        yield
        found = oldest_row(owners, owner_id)


def oldest_row(owners: Owners, owner_id: int) -> int | None:
    """Return the second of the owner's oldest row, if it has one."""
    oldest = select(func.min(owners.rows.c.at_ms)).where(owners.id_of_row == owner_id)
    with reading(), db.engine.connect() as connection:
        at_ms = connection.scalar(oldest)
    return None if at_ms is None else at_ms // 1000


def plan_window(connection: Connection, place: Place) -> Plan:
    """Read the rows of a window and every block that they change, and work out the new ones."""
    row = place.owners.rows.c
    rows = connection.execute(
        select(row.id, row.at_ms, row.layout_id, row.figures)
        .where(
            place.owners.id_of_row == place.owner_id,
            row.at_ms >= place.start_seconds * 1000,
            row.at_ms < (place.start_seconds + SAMPLES.window_seconds) * 1000,
        )
        .order_by(row.at_ms, row.id)
        .limit(MOST_ROWS)
    ).all()
    new = of_rows((one.at_ms, names_of(connection, one.layout_id), one.figures) for one in rows)
    return Plan([one.id for one in rows], merge(connection, place, new), place.owners)


def merge(
    connection: Connection, place: Place, new: Window, *, is_whole: bool = False
) -> list[Change]:
    """Given samples of one window, return the blocks in which they and their roll-ups stand.

    `is_whole` says that they are all that there is of their slots.
    """
    stored = blocks.bytes_at(connection, place)
    replaces = is_whole or stored is not None
    samples = joined(blocks.window_of(connection, stored), new)
    return [
        Change(place, stored, samples),
        *(
            roll_up(connection, place, samples, resolution, replaces=replaces)
            for resolution in ROLL_UPS
        ),
    ]


def roll_up(
    connection: Connection, place: Place, samples: Window, resolution: Resolution, *, replaces: bool
) -> Change:
    """Return the roll-up's block with the slots of `samples` in it.

    Where a window's own block is gone (retention), what came late is only a part of the window:
    then it fills slots that are missing and `replaces` none.
    """
    start = resolution.start_of(place.owner_id, place.start_seconds)
    longer = Place(place.owner_id, resolution, start, place.owners)
    stored = blocks.bytes_at(connection, longer)
    there = blocks.window_of(connection, stored)
    slots = rolled_up(samples, resolution.step_seconds)
    if replaces:
        return Change(longer, stored, joined(there.without(slots.times), slots))
    return Change(longer, stored, joined(there, slots.without(there.times)))


def carry_out(connection: Connection, plan: Plan) -> bool:
    """Delete the rows and write the blocks, unless somebody else changed any; say whether."""
    for change in plan.changes:
        if blocks.bytes_at(connection, change.place) != change.stored:
            return False
    with connection.begin_nested() as savepoint:
        rows = plan.owners.rows
        deleted = connection.execute(delete(rows).where(rows.c.id.in_(plan.row_ids))).rowcount
        if deleted != len(plan.row_ids):
            savepoint.rollback()
            return False
        for change in plan.changes:
            blocks.put(connection, change.place, change.window, is_new=change.stored is None)
    return True
