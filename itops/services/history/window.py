"""The figures of one window in memory: joined, rolled up, and to and from a block's bytes."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import fsum, isnan
from operator import itemgetter

from itops.checks.metrics import Family, family_of
from itops.services.history import codec
from itops.services.history.codec import Numbers
from itops.services.history.rounding import from_steps, to_steps

#: A metric's streams, in steps of its quantum: of samples (the figure), of roll-ups (the mean,
#: how far the lowest is below it, how far the highest is above it).
Streams = tuple[Numbers, ...]


@dataclass(frozen=True)
class Window:
    """Epoch seconds in order, and the streams of each metric, as long as the times."""

    times: list[int] = field(default_factory=list)
    metrics: dict[str, Streams] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return sorted(self.metrics)

    def encode(self) -> bytes:
        """Return the bytes of a block, the metrics in the order of `names`."""
        streams = [stream for name in self.names for stream in self.metrics[name]]
        return codec.pack(len(self.times), [self.times, *streams])

    def picked(self, places: Sequence[int]) -> "Window":
        """Return a window of only the samples at `places`."""
        return Window(
            [self.times[place] for place in places],
            {
                name: tuple([stream[place] for place in places] for stream in streams)
                for name, streams in self.metrics.items()
            },
        )

    def without(self, times: Iterable[int]) -> "Window":
        """Return a window without what stands at `times`."""
        unwanted = set(times)
        return self.picked([n for n, time in enumerate(self.times) if time not in unwanted])


def decode(names: Sequence[str], data: bytes) -> Window:
    """Return the window of a block whose layout is `names`."""
    times, *streams = codec.unpack(data)
    width = len(streams) // len(names) if names else 1
    return Window(
        times,  # type: ignore[arg-type]  # a time is never missing
        {
            name: tuple(streams[place * width : (place + 1) * width])
            for place, name in enumerate(names)
        },
    )


def of_rows(rows: Iterable[tuple[int, Sequence[str], bytes]]) -> Window:
    """Given (epoch ms, metric names, little-endian doubles) of each report, return the window."""
    whole = Window()
    for names, alike in groupby(rows, key=itemgetter(1)):
        doubles = struct.Struct(f"<{len(names)}d")
        kept = [(at_ms // 1000, doubles.unpack(figures)) for at_ms, _, figures in alike]
        columns = zip(*(figures for _, figures in kept), strict=True)
        metrics: dict[str, Streams] = {
            name: (to_steps(family_of(name), map(_known, column)),)
            for name, column in zip(names, columns, strict=True)
        }
        whole = joined(whole, Window([at for at, _ in kept], metrics))
    return whole


def _known(figure: float) -> float | None:
    return None if isnan(figure) else figure


def joined(one: Window, other: Window) -> Window:
    """Return the samples of both in the order of time; nothing is lost or thinned."""
    if not one.times or not other.times:
        return one if one.times else other
    both = Window(
        one.times + other.times,
        {name: _appended(one, other, name) for name in {**one.metrics, **other.metrics}},
    )
    if one.times[-1] <= other.times[0]:
        return both
    return both.picked(sorted(range(len(both.times)), key=both.times.__getitem__))


def _appended(one: Window, other: Window, name: str) -> Streams:
    width = len(one.metrics[name] if name in one.metrics else other.metrics[name])
    missing = (([None] * len(one.times),) * width, ([None] * len(other.times),) * width)
    parts = zip(one.metrics.get(name, missing[0]), other.metrics.get(name, missing[1]), strict=True)
    return tuple([*before, *after] for before, after in parts)


def rolled_up(samples: Window, step_seconds: int) -> Window:
    """Given samples, return lowest, mean and highest of each slot that has any."""
    slots = [
        (slot, [place for _, place in places])
        for slot, places in groupby(
            ((time - time % step_seconds, place) for place, time in enumerate(samples.times)),
            key=itemgetter(0),
        )
    ]
    bounds = [(places[0], places[-1] + 1) for _, places in slots]
    return Window(
        [slot for slot, _ in slots],
        {
            name: rolled_up_streams(family_of(name), streams[0], bounds)
            for name, streams in samples.metrics.items()
        },
    )


def rolled_up_streams(family: Family, steps: Numbers, bounds: Sequence[tuple[int, int]]) -> Streams:
    """Return the three streams of a roll-up; `bounds` are the slots' places in `steps`."""
    values = from_steps(family, steps)
    means: list[float | None] = []
    lowest: list[int | None] = []
    highest: list[int | None] = []
    for begin, end in bounds:
        known = [step for step in steps[begin:end] if step is not None]
        present = [value for value in values[begin:end] if value is not None]
        means.append(fsum(present) / len(present) if present else None)
        lowest.append(min(known, default=None))
        highest.append(max(known, default=None))
    return around(to_steps(family, means), lowest, highest)


def around(means: Numbers, lowest: Numbers, highest: Numbers) -> Streams:
    """Return (mean, how far below it, how far above it) as a roll-up keeps them."""
    return (
        means,
        [
            None if m is None or low is None else m - low
            for m, low in zip(means, lowest, strict=True)
        ],
        [
            None if m is None or top is None else top - m
            for m, top in zip(means, highest, strict=True)
        ],
    )
