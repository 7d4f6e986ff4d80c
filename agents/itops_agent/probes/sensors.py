"""Temperatures, fans and battery, where this machine shows them."""

from __future__ import annotations

import psutil

from itops_agent.errors import Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

COLDEST, HOTTEST = -50.0, 150.0  # what lies beyond is a sensor that isn't wired
SENSORS = 64


def temperatures() -> list[dict[str, object]]:
    """Return what each sensor shows. Raise Unseen where there is none."""
    ask = getattr(psutil, "sensors_temperatures", None)
    if ask is None:
        raise Unseen("not_supported")
    return told(as_temperatures(ask()))


def as_temperatures(chips: Mapping[str, Sequence[Any]]) -> list[dict[str, object]]:
    """Given psutil's answer by chip, return the readings that can be true."""
    return [
        {"label": label, "celsius": round(seen.current, 1), "high_celsius": limit(seen)}
        for label, seen in labelled(chips)
        if seen.current is not None and COLDEST < seen.current < HOTTEST and seen.current
    ]


def limit(seen: Any) -> float | None:
    """Return the temperature that the maker calls high, or critical where only that is told."""
    told = seen.high if seen.high is not None else seen.critical
    return round(told, 1) if told is not None and 0 < told < HOTTEST else None


def fans() -> list[dict[str, object]]:
    """Return the speed of each fan. Raise Unseen where there is none."""
    ask = getattr(psutil, "sensors_fans", None)
    if ask is None:
        raise Unseen("not_supported")
    return told([{"label": label, "rpm": seen.current} for label, seen in labelled(ask())])


def labelled(chips: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Give every sensor with a label of its own: chip, its name, and a number where it repeats."""
    used: dict[str, int] = {}
    for chip, sensors in chips.items():
        for sensor in sensors:
            label = " ".join(word for word in (chip, sensor.label) if word)
            used[label] = used.get(label, 0) + 1
            yield (label if used[label] == 1 else f"{label} {used[label]}"), sensor


def told(readings: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    known = list(readings)[:SENSORS]
    if not known:
        raise Unseen("no_sensor")
    return known


def battery() -> dict[str, object]:
    """Return the charge of the battery, or of a UPS that shows as one. Raise Unseen if none."""
    ask = getattr(psutil, "sensors_battery", None)
    if ask is None:
        raise Unseen("not_supported")
    seen = ask()
    if seen is None:
        raise Unseen("no_sensor")
    left = seen.secsleft
    return {
        "percent": min(100.0, max(0.0, round(seen.percent, 1))),
        "plugged": seen.power_plugged,
        "seconds_left": int(left) if left is not None and left >= 0 else None,
    }
