"""The catalogue of metrics: what each family of figures is, and how a health report gives them.

A metric's name is a family's name ("cpu.percent"), or a family's name and an item with a colon
between ("disk.used_percent:/srv"). Names are part of what is stored: never change one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    """Units as pages write them."""

    PERCENT = "%"
    BYTES = "B"
    BYTES_PER_SECOND = "B/s"
    PER_SECOND = "/s"
    CELSIUS = "°C"
    RPM = "rpm"
    SECONDS = "s"
    HOURS = "h"
    DAYS = "d"
    VOLTS = "V"
    HERTZ = "Hz"
    NONE = ""


@dataclass(frozen=True)
class Family:
    """What all metrics of one name have in common.

    `quantum` is the step to which packed figures are rounded. A relative family is rounded by
    ratio: 0.01 keeps two figures apart that differ by 1 %, and no figure is off by more than half.
    """

    name: str
    unit: Unit
    quantum: float
    is_relative: bool = False

    @property
    def key(self) -> str:
        """The catalogue's key of the family's name for people."""
        return f"metric.{self.name}"


MIB = 1024.0 * 1024.0


def _percent(name: str, quantum: float = 0.1) -> Family:
    return Family(name, Unit.PERCENT, quantum)


def _rate(name: str, unit: Unit = Unit.BYTES_PER_SECOND) -> Family:
    return Family(name, unit, 0.01, is_relative=True)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        _percent("cpu.percent"),
        _percent("cpu.iowait_percent"),
        Family("load.m1", Unit.NONE, 0.01),
        Family("load.m5", Unit.NONE, 0.01),
        Family("load.m15", Unit.NONE, 0.01),
        _percent("memory.used_percent"),
        Family("memory.available_bytes", Unit.BYTES, MIB),
        _percent("swap.used_percent"),
        _percent("disk.used_percent", 0.01),
        Family("disk.free_bytes", Unit.BYTES, MIB),
        _percent("disk.inodes_percent"),
        _rate("disk_io.read_bytes_per_second"),
        _rate("disk_io.write_bytes_per_second"),
        _percent("disk_io.busy_percent"),
        _rate("network.received_bytes_per_second"),
        _rate("network.sent_bytes_per_second"),
        _rate("network.errors_per_second", Unit.PER_SECOND),
        Family("temperature.celsius", Unit.CELSIUS, 0.5),
        Family("fan.rpm", Unit.RPM, 10.0),
        _percent("battery.percent"),
        Family("users.count", Unit.NONE, 1.0),
        Family("clock.skew_seconds", Unit.SECONDS, 0.1),
        Family("spool.waiting_count", Unit.NONE, 1.0),
        Family("service.is_active", Unit.NONE, 1.0),
        Family("process.count", Unit.NONE, 1.0),
        Family("file.age_seconds", Unit.SECONDS, 1.0),
        _rate("file.size_bytes", Unit.BYTES),
        Family("file.count", Unit.NONE, 1.0),
        Family("tcp.connect_seconds", Unit.SECONDS, 0.001),
        Family("http.response_seconds", Unit.SECONDS, 0.001),
        Family("tls.days_left", Unit.DAYS, 0.1),
        _percent("ups.charge_percent"),
        Family("ups.runtime_seconds", Unit.SECONDS, 1.0),
        _percent("ups.load_percent"),
        Family("ups.battery_volts", Unit.VOLTS, 0.01),
        Family("ups.battery_celsius", Unit.CELSIUS, 0.1),
        Family("ups.input_volts", Unit.VOLTS, 0.1),
        Family("ups.input_hertz", Unit.HERTZ, 0.1),
        Family("ups.output_volts", Unit.VOLTS, 0.1),
        Family("ups.on_battery", Unit.NONE, 1.0),
        _rate("plugin.value", Unit.NONE),
        _percent("plugin.percent", 0.01),
        _rate("plugin.bytes", Unit.BYTES),
        _rate("plugin.seconds", Unit.SECONDS),
    )
}
#: For names that a later version wrote and this one does not know.
UNKNOWN_FAMILY = Family("", Unit.NONE, 0.001)


def family_of(metric: str) -> Family:
    """Given a metric's name, return its family; one that we don't know still has a default."""
    return FAMILIES.get(metric.partition(":")[0], UNKNOWN_FAMILY)


def metrics_of_report(health: Mapping[str, Any]) -> dict[str, float]:
    """Given a health report as in docs/agent-report.md, return its figures by metric's name.

    What the report does not know is left out, never 0.

    >>> metrics_of_report({"swap": None, "memory": {"total_bytes": 8, "available_bytes": 2}})
    {'memory.used_percent': 75.0, 'memory.available_bytes': 2.0}
    """
    figures: dict[str, float] = {}
    for name, value in _figures(health):
        if value is not None:
            figures.setdefault(name, float(value))
    return figures


#: Fields of a report that are a metric as they stand.
PLAIN = (
    ("cpu", "percent", "cpu.percent"),
    ("cpu", "iowait_percent", "cpu.iowait_percent"),
    ("load", "m1", "load.m1"),
    ("load", "m5", "load.m5"),
    ("load", "m15", "load.m15"),
    ("memory", "available_bytes", "memory.available_bytes"),
    ("disk_io", "read_bytes_per_second", "disk_io.read_bytes_per_second"),
    ("disk_io", "write_bytes_per_second", "disk_io.write_bytes_per_second"),
    ("disk_io", "busy_percent", "disk_io.busy_percent"),
    ("network", "received_bytes_per_second", "network.received_bytes_per_second"),
    ("network", "sent_bytes_per_second", "network.sent_bytes_per_second"),
    ("network", "errors_per_second", "network.errors_per_second"),
    ("battery", "percent", "battery.percent"),
    ("spool", "waiting", "spool.waiting_count"),
)


def _figures(health: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    memory = health.get("memory") or {}
    yield (
        "memory.used_percent",
        _used(memory.get("total_bytes"), memory.get("available_bytes")),
    )
    for part, field, name in PLAIN:
        yield name, (health.get(part) or {}).get(field)
    swap = health.get("swap") or {}
    if swap.get("total_bytes"):
        yield "swap.used_percent", 100.0 * swap["used_bytes"] / swap["total_bytes"]
    for disk in health.get("disks") or ():
        yield from _disk_figures(disk)
    for sensor in health.get("temperatures") or ():
        yield f"temperature.celsius:{sensor['label']}", sensor["celsius"]
    for fan in health.get("fans") or ():
        yield f"fan.rpm:{fan['label']}", fan["rpm"]
    yield "users.count", health.get("users")
    yield "clock.skew_seconds", health.get("clock_skew_seconds")


def _disk_figures(disk: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    mount = disk["mount"]
    if disk.get("state") == "ok":
        used = _used(disk["total_bytes"], disk["free_bytes"])
        yield f"disk.used_percent:{mount}", used
        yield f"disk.free_bytes:{mount}", disk["free_bytes"]
        yield f"disk.inodes_percent:{mount}", disk.get("inodes_percent")


def _used(total: float | None, free: float | None) -> float | None:
    """Return how much is used in percent, or None where there is nothing to use."""
    return 100.0 * (total - free) / total if total and free is not None else None
