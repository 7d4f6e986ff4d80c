"""Packing: reports' rows that are old enough become a block of samples and its roll-ups.

A host's window is one transaction: the rows go as the blocks that hold them come, so a process
that is killed has either packed the window or left it, and rows that arrive late are merged into
blocks that exist. What is slow (reading, compressing) is done before the writing transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from itops.db import db, reading
from itops.models import HealthSample, Host
from itops.services.history import blocks
from itops.services.history.blocks import Place
from itops.services.history.layouts import names_of
from itops.services.history.window import Window, joined, of_rows, rolled_up
from itops.services.history.windows import ROLL_UPS, SAMPLES, Resolution

SAMPLE = HealthSample.__table__.c
#: Windows packed in one round, and of one host: what is left is for the next round.
MOST_WINDOWS = 200
MOST_WINDOWS_OF_HOST = 30
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
    """What packing one window of a host writes, once `row_ids` are deleted."""

    row_ids: list[int]
    changes: list[Change]


def pack(*, at: datetime, keep: timedelta) -> Iterator[None]:
    """Pack windows that ended before `at` - `keep`. Yield after each, for the caller to commit.

    A window is packed when all of it is old enough, so a row is kept for up to 6 hours more.
    """
    cutoff = int((at - keep).timestamp())
    left = MOST_WINDOWS
    for host_id, oldest in hosts_with_rows(before_seconds=cutoff):
        for _ in pack_host(host_id, oldest, cutoff):
            yield
            left -= 1
            if not left:
                return


def hosts_with_rows(*, before_seconds: int) -> list[tuple[int, int]]:
    """Return (host, second of its oldest row) for hosts with a row before `before_seconds`."""
    oldest = select(func.min(SAMPLE.at_ms)).where(SAMPLE.host_id == Host.id).scalar_subquery()
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(select(Host.id, oldest)).all()
    return sorted(
        (
            (host_id, at_ms // 1000)
            for host_id, at_ms in rows
            if at_ms is not None and at_ms < before_seconds * 1000
        ),
        key=lambda host: host[1],
    )


def pack_host(host_id: int, oldest: int, cutoff: int) -> Iterator[None]:
    """Pack the host's windows that are over by `cutoff`, oldest first; yield after each."""
    found: int | None = oldest
    for _ in range(MOST_WINDOWS_OF_HOST):
        if found is None:
            return
        start = SAMPLES.start_of(host_id, found)
        if start + SAMPLES.window_seconds > cutoff:
            return
        with reading(), db.engine.connect() as connection:
            plan = plan_window(connection, Place(host_id, SAMPLES, start))
        if not carry_out(db.session.connection(), plan):
            return
        yield
        found = oldest_row(host_id)


def oldest_row(host_id: int) -> int | None:
    """Return the second of the host's oldest row, if it has one."""
    with reading(), db.engine.connect() as connection:
        at_ms = connection.scalar(select(func.min(SAMPLE.at_ms)).where(SAMPLE.host_id == host_id))
    return None if at_ms is None else at_ms // 1000


def plan_window(connection: Connection, place: Place) -> Plan:
    """Read the rows of a window and every block that they change, and work out the new ones."""
    rows = connection.execute(
        select(SAMPLE.id, SAMPLE.at_ms, SAMPLE.layout_id, SAMPLE.figures)
        .where(
            SAMPLE.host_id == place.host_id,
            SAMPLE.at_ms >= place.start_seconds * 1000,
            SAMPLE.at_ms < (place.start_seconds + SAMPLES.window_seconds) * 1000,
        )
        .order_by(SAMPLE.at_ms, SAMPLE.id)
        .limit(MOST_ROWS)
    ).all()
    new = of_rows((row.at_ms, names_of(connection, row.layout_id), row.figures) for row in rows)
    return Plan([row.id for row in rows], merge(connection, place, new))


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
    longer = Place(
        place.host_id, resolution, resolution.start_of(place.host_id, place.start_seconds)
    )
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
        deleted = connection.execute(
            delete(HealthSample).where(SAMPLE.id.in_(plan.row_ids))
        ).rowcount
        if deleted != len(plan.row_ids):
            savepoint.rollback()
            return False
        for change in plan.changes:
            blocks.put(connection, change.place, change.window, is_new=change.stored is None)
    return True
