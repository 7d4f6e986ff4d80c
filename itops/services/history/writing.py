"""Writing history in bulk: figures that are there already, and not reports as they come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itops.checks.metrics import family_of
from itops.db import db
from itops.errors import Conflict
from itops.services.history import blocks, packing
from itops.services.history.blocks import Place
from itops.services.history.owners import HOSTS, Owners
from itops.services.history.rounding import to_steps
from itops.services.history.window import Streams, Window, around, joined
from itops.services.history.windows import RESOLUTIONS, SAMPLES

Figures = Sequence[float | None]


@dataclass(frozen=True)
class Aggregates:
    """Lowest, mean and highest of each slot."""

    low: Figures
    mean: Figures
    high: Figures


def write_block(
    owner_id: int,
    step_seconds: int,
    start_seconds: int,
    columns: Mapping[str, Figures | Aggregates],
    *,
    owners: Owners = HOSTS,
) -> None:
    """Write figures of an owner that stand `step_seconds` (60, 300 or 3600) apart, from a start on.

    Columns are by metric's name and equally long. Samples (60) are added and rolled up. Of coarser
    steps a plain column stands for mean, lowest and highest alike, and what stands there already
    is replaced. The caller commits. Raise Conflict if they are being packed just now.
    """
    resolution = RESOLUTIONS[step_seconds]
    metrics = {name: _streams(name, given, step_seconds) for name, given in columns.items()}
    count = max((len(streams[0]) for streams in metrics.values()), default=0)
    times = [start_seconds + step * step_seconds for step in range(count)]
    whole = Window(times, metrics)
    by_window: dict[int, list[int]] = defaultdict(list)
    for place, time in enumerate(times):
        by_window[resolution.start_of(owner_id, time)].append(place)
    for start, places in by_window.items():
        _write(Place(owner_id, resolution, start, owners), whole.picked(places))


def _write(place: Place, window: Window) -> None:
    connection = db.session.connection()
    if place.resolution is SAMPLES:
        plan = packing.Plan(
            [], packing.merge(connection, place, window, is_whole=True), place.owners
        )
        if not packing.carry_out(connection, plan):
            raise Conflict("history.disturbed")
        return
    stored = blocks.bytes_at(connection, place)
    there = blocks.window_of(connection, stored).without(window.times)
    blocks.put(connection, place, joined(there, window), is_new=stored is None)


def _streams(name: str, given: Figures | Aggregates, step_seconds: int) -> Streams:
    family = family_of(name)
    if step_seconds == SAMPLES.step_seconds:
        if isinstance(given, Aggregates):
            raise TypeError(f"{name}: samples have no lowest and highest")
        return (to_steps(family, given),)
    if not isinstance(given, Aggregates):
        given = Aggregates(given, given, given)
    low, mean, high = (to_steps(family, part) for part in (given.low, given.mean, given.high))
    return around(mean, low, high)
