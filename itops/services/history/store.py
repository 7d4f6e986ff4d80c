"""Where figures are read from: a seam behind which another engine can stand, and the one we have.

`reading` asks a HistoryStore for points and does the rest itself: which resolution, gaps, merged
identities. See docs/architecture/history.md.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from math import isnan
from operator import add, itemgetter, sub
from typing import Any, Protocol

from sqlalchemy import Connection, Select, bindparam, select

from itops.checks.metrics import family_of
from itops.db import db
from itops.services.history import blocks, codec
from itops.services.history.layouts import names_of
from itops.services.history.owners import HOSTS, Owners
from itops.services.history.rounding import from_steps
from itops.services.history.window import Window, of_rows, rolled_up
from itops.services.history.windows import RESOLUTIONS, SAMPLES, Resolution

Figures = list[float | None]


@dataclass
class Points:
    """Figures of one metric in the order of time (epoch seconds); of samples all three are one."""

    times: list[int] = field(default_factory=list)
    values: Figures = field(default_factory=list)
    low: Figures = field(default_factory=list)
    high: Figures = field(default_factory=list)

    def extend(self, other: "Points") -> None:
        self.times += other.times
        self.values += other.values
        self.low += other.low
        self.high += other.high

    def picked(self, places: Sequence[int]) -> "Points":
        return Points(
            [self.times[place] for place in places],
            [self.values[place] for place in places],
            [self.low[place] for place in places],
            [self.high[place] for place in places],
        )

    def between(self, first: int, last: int) -> "Points":
        """Return the points from `first` to `last`, in the order of time."""
        in_order = sorted(self.times)
        if in_order != self.times:
            places = sorted(range(len(self.times)), key=self.times.__getitem__)
            return self.picked(places).between(first, last)
        begin, end = bisect_left(in_order, first), bisect_right(in_order, last)
        return self if end - begin == len(in_order) else self.picked(range(begin, end))


class HistoryStore(Protocol):
    """What history needs of an engine. Times are epoch seconds, steps those of RESOLUTIONS."""

    def points(
        self, owner_ids: Sequence[int], metric: str, step_seconds: int, span: tuple[int, int]
    ) -> Points:
        """Return what is known of a metric from the first to the last second of `span`.

        What has just come in is part of it, at every resolution. A sample without a figure for
        the metric is None.
        """

    def metrics(self, owner_ids: Sequence[int]) -> set[str]:
        """Return the metrics that the owners have newly reported."""


class SqlHistory:
    """History in the product's own database: rows as they came, and packed blocks."""

    def __init__(self, owners: Owners = HOSTS) -> None:
        self.owners = owners

    def points(
        self, owner_ids: Sequence[int], metric: str, step_seconds: int, span: tuple[int, int]
    ) -> Points:
        """Return the packed points and, after them, those of rows that are not packed yet."""
        connection = db.session.connection()
        points = Points()
        resolution = RESOLUTIONS[step_seconds]
        for owner_id in owner_ids:
            for layout_id, data in self._blocks(connection, owner_id, resolution, span):
                names = names_of(connection, layout_id)
                if metric in names:
                    points.extend(_of_block(metric, names.index(metric), len(names), data))
        fresh = Points()
        for owner_id in owner_ids:
            rows = self._rows(connection, owner_id, step_seconds, span)
            fresh.extend(_of_rows(connection, rows, metric, step_seconds))
        packed = set(points.times) if step_seconds != SAMPLES.step_seconds and fresh.times else ()
        if packed:
            fresh = fresh.picked([n for n, time in enumerate(fresh.times) if time not in packed])
        points.extend(fresh)
        return points.between(*span)

    def _blocks(
        self, connection: Connection, owner_id: int, resolution: Resolution, span: tuple[int, int]
    ) -> Sequence[tuple[int, bytes]]:
        return blocks.overlapping(connection, owner_id, resolution, span, owners=self.owners)

    def _rows(
        self, connection: Connection, owner_id: int, step_seconds: int, span: tuple[int, int]
    ) -> Sequence[Any]:
        first, last = span
        given = {
            "owner_id": owner_id,
            "first_ms": (first - first % step_seconds) * 1000,
            "end_ms": (last + step_seconds) * 1000,
        }
        return connection.execute(_fresh(self.owners), given).all()

    def metrics(self, owner_ids: Sequence[int]) -> set[str]:
        """Return the names in the newest row and the newest block of each resolution."""
        connection = db.session.connection()
        owners, row, block = self.owners, self.owners.rows.c, self.owners.blocks.c
        newest = [
            select(row.layout_id)
            .where(owners.id_of_row.in_(owner_ids))
            .order_by(row.at_ms.desc())
            .limit(1),
            *(
                select(block.layout_id)
                .where(owners.id_of_block.in_(owner_ids), block.step_seconds == step_seconds)
                .order_by(block.start_seconds.desc())
                .limit(1)
                for step_seconds in RESOLUTIONS
            ),
        ]
        layouts = {connection.scalar(query) for query in newest} - {None}
        return {name for layout_id in layouts for name in names_of(connection, layout_id)}


class RememberingHistory(SqlHistory):
    """The same for one page with many metrics: blocks and rows are read once and kept for it."""

    def __init__(self, owners: Owners = HOSTS) -> None:
        super().__init__(owners)
        self._known: dict[object, Sequence[Any]] = {}

    def _blocks(
        self, connection: Connection, owner_id: int, resolution: Resolution, span: tuple[int, int]
    ) -> Sequence[tuple[int, bytes]]:
        key = ("blocks", owner_id, resolution.step_seconds, span)
        if key not in self._known:
            self._known[key] = super()._blocks(connection, owner_id, resolution, span)
        return self._known[key]

    def _rows(
        self, connection: Connection, owner_id: int, step_seconds: int, span: tuple[int, int]
    ) -> Sequence[Any]:
        key = ("rows", owner_id, step_seconds, span)
        if key not in self._known:
            self._known[key] = super()._rows(connection, owner_id, step_seconds, span)
        return self._known[key]


def _of_block(metric: str, place: int, count: int, data: bytes) -> Points:
    """Return the points of one metric of a block, unpacking no other."""
    width = codec.stream_count(data) // count
    wanted = [0, *range(1 + place * width, 1 + (place + 1) * width)]
    times, *streams = codec.unpack(data, wanted)
    return _points(metric, Window(times, {metric: tuple(streams)}))  # type: ignore[arg-type]  # a time is never missing


@cache
def _fresh(owners: Owners) -> Select[Any]:
    """Return the statement; built once, because that costs more than running it."""
    row = owners.rows.c
    return (
        select(row.at_ms, row.layout_id, row.figures)
        .where(
            owners.id_of_row == bindparam("owner_id"),
            row.at_ms >= bindparam("first_ms"),
            row.at_ms < bindparam("end_ms"),
        )
        .order_by(row.at_ms)
    )


def _of_rows(connection: Connection, rows: Sequence[Any], metric: str, step_seconds: int) -> Points:
    """Return the points of rows; for a coarser step they are rolled up, whole slots only."""
    kept: list[tuple[int, Sequence[str], bytes]] = []
    for layout_id, alike in groupby(rows, key=itemgetter(1)):
        names = names_of(connection, layout_id)
        if metric in names:
            figure = slice(8 * names.index(metric), 8 * names.index(metric) + 8)
            kept += [(at_ms, (metric,), figures[figure]) for at_ms, _, figures in alike]
    if not kept:
        return Points()
    if step_seconds == SAMPLES.step_seconds:
        times = [at_ms // 1000 for at_ms, _, _ in kept]
        together = b"".join(figure for _, _, figure in kept)
        read = struct.unpack(f"<{len(kept)}d", together)
        values: Figures = [None if isnan(figure) else figure for figure in read]
        return Points(times, values, values, values)
    return _points(metric, rolled_up(of_rows(kept), step_seconds))


def _points(metric: str, window: Window) -> Points:
    family = family_of(metric)
    streams = window.metrics[metric]
    if len(streams) == 1:
        values = from_steps(family, streams[0])
        return Points(window.times, values, values, values)
    means, below, above = streams
    if None in means:
        lowest = [
            None if m is None or b is None else m - b for m, b in zip(means, below, strict=True)
        ]
        highest = [
            None if m is None or a is None else m + a for m, a in zip(means, above, strict=True)
        ]
    else:
        lowest = list(map(sub, means, below))
        highest = list(map(add, means, above))
    return Points(
        window.times,
        from_steps(family, means),
        from_steps(family, lowest),
        from_steps(family, highest),
    )
