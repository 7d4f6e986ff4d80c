"""Blocks in the database: found by host, resolution and time, and replaced as a whole."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from itops.models import HistoryBlock
from itops.services.history.layouts import layout_for, names_of
from itops.services.history.window import Window, decode
from itops.services.history.windows import Resolution

BLOCK = HistoryBlock.__table__.c


@dataclass(frozen=True)
class Place:
    """Where a block stands: a host, a resolution, and the start of the window."""

    host_id: int
    resolution: Resolution
    start_seconds: int


def bytes_at(connection: Connection, place: Place) -> tuple[int, bytes] | None:
    """Return (layout's id, bytes) of the block at `place`, or None where there is none."""
    row = connection.execute(select(BLOCK.layout_id, BLOCK.data).where(*_at(place))).one_or_none()
    return None if row is None else (row.layout_id, row.data)


def window_of(connection: Connection, stored: tuple[int, bytes] | None) -> Window:
    """Return what `bytes_at` gave as a window; nothing is an empty one."""
    if stored is None:
        return Window()
    layout_id, data = stored
    return decode(names_of(connection, layout_id), data)


def put(connection: Connection, place: Place, window: Window, *, is_new: bool) -> None:
    """Write the block at `place`, in place of the one that is there unless it `is_new`."""
    values = {"layout_id": layout_for(connection, window.names), "data": window.encode()}
    if is_new:
        key = {
            "host_id": place.host_id,
            "step_seconds": place.resolution.step_seconds,
            "start_seconds": place.start_seconds,
        }
        connection.execute(insert(HistoryBlock).values(**key, **values))
    else:
        connection.execute(update(HistoryBlock).where(*_at(place)).values(**values))


#: Built once: building a statement costs more than running it.
OVERLAPPING = (
    select(BLOCK.layout_id, BLOCK.data)
    .where(
        BLOCK.host_id == bindparam("host_id"),
        BLOCK.step_seconds == bindparam("step_seconds"),
        BLOCK.start_seconds > bindparam("first"),
        BLOCK.start_seconds <= bindparam("last"),
    )
    .order_by(BLOCK.start_seconds)
)


def overlapping(
    connection: Connection, host_id: int, resolution: Resolution, span: tuple[int, int]
) -> list[tuple[int, bytes]]:
    """Return (layout's id, bytes) of the host's blocks that touch `span`, in order."""
    given = {
        "host_id": host_id,
        "step_seconds": resolution.step_seconds,
        "first": span[0] - resolution.window_seconds,
        "last": span[1],
    }
    return [(row[0], row[1]) for row in connection.execute(OVERLAPPING, given)]


def drop_before(
    connection: Connection, host_id: int, resolution: Resolution, before_seconds: int
) -> int:
    """Delete the host's blocks that end before `before_seconds`; return how many."""
    return connection.execute(
        delete(HistoryBlock).where(
            BLOCK.host_id == host_id,
            BLOCK.step_seconds == resolution.step_seconds,
            BLOCK.start_seconds <= before_seconds - resolution.window_seconds,
        )
    ).rowcount


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        BLOCK.host_id == place.host_id,
        BLOCK.step_seconds == place.resolution.step_seconds,
        BLOCK.start_seconds == place.start_seconds,
    )
