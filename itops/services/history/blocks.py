"""Blocks in the database: found by owner, resolution and time, and replaced as a whole."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, insert, select, update

from itops.services.history.layouts import layout_for, names_of
from itops.services.history.owners import HOSTS, Owners
from itops.services.history.window import Window, decode
from itops.services.history.windows import Resolution


@dataclass(frozen=True)
class Place:
    """Where a block stands: an owner, a resolution, and the start of the window."""

    owner_id: int
    resolution: Resolution
    start_seconds: int
    owners: Owners = HOSTS


def bytes_at(connection: Connection, place: Place) -> tuple[int, bytes] | None:
    """Return (layout's id, bytes) of the block at `place`, or None where there is none."""
    block = place.owners.blocks.c
    row = connection.execute(select(block.layout_id, block.data).where(*_at(place))).one_or_none()
    return None if row is None else (row.layout_id, row.data)


def window_of(connection: Connection, stored: tuple[int, bytes] | None) -> Window:
    """Return what `bytes_at` gave as a window; nothing is an empty one."""
    if stored is None:
        return Window()
    layout_id, data = stored
    return decode(names_of(connection, layout_id), data)


def put(connection: Connection, place: Place, window: Window, *, is_new: bool) -> None:
    """Write the block at `place`, in place of the one that is there unless it `is_new`."""
    table = place.owners.blocks
    values = {"layout_id": layout_for(connection, window.names), "data": window.encode()}
    if is_new:
        key = {
            place.owners.id_name: place.owner_id,
            "step_seconds": place.resolution.step_seconds,
            "start_seconds": place.start_seconds,
        }
        connection.execute(insert(table).values(**key, **values))
    else:
        connection.execute(update(table).where(*_at(place)).values(**values))


@cache
def _overlapping(owners: Owners) -> Select[Any]:
    """Return the statement; built once, because that costs more than running it."""
    block = owners.blocks.c
    return (
        select(block.layout_id, block.data)
        .where(
            owners.id_of_block == bindparam("owner_id"),
            block.step_seconds == bindparam("step_seconds"),
            block.start_seconds > bindparam("first"),
            block.start_seconds <= bindparam("last"),
        )
        .order_by(block.start_seconds)
    )


def overlapping(
    connection: Connection,
    owner_id: int,
    resolution: Resolution,
    span: tuple[int, int],
    *,
    owners: Owners = HOSTS,
) -> list[tuple[int, bytes]]:
    """Return (layout's id, bytes) of the owner's blocks that touch `span`, in order."""
    given = {
        "owner_id": owner_id,
        "step_seconds": resolution.step_seconds,
        "first": span[0] - resolution.window_seconds,
        "last": span[1],
    }
    return [(row[0], row[1]) for row in connection.execute(_overlapping(owners), given)]


def drop_before(
    connection: Connection,
    owner_id: int,
    resolution: Resolution,
    before_seconds: int,
    *,
    owners: Owners = HOSTS,
) -> int:
    """Delete the owner's blocks that end before `before_seconds`; return how many."""
    block = owners.blocks.c
    return connection.execute(
        delete(owners.blocks).where(
            owners.id_of_block == owner_id,
            block.step_seconds == resolution.step_seconds,
            block.start_seconds <= before_seconds - resolution.window_seconds,
        )
    ).rowcount


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    block = place.owners.blocks.c
    return (
        place.owners.id_of_block == place.owner_id,
        block.step_seconds == place.resolution.step_seconds,
        block.start_seconds == place.start_seconds,
    )
