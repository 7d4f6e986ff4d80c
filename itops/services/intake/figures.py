"""The figures of a health report by metric name: `checks.metrics` for the one hot road.

It reads the parsed report instead of plain objects; a test holds both to the same answer.
"""

import struct
from functools import lru_cache

from itops.checks.host_report import Disk, Health

LOAD = ("load.m1", "load.m5", "load.m15")
OWN = ("users.count", "spool.waiting_count")
DISK_IO = ("disk_io.read_bytes_per_second", "disk_io.write_bytes_per_second")
NETWORK = (
    "network.received_bytes_per_second",
    "network.sent_bytes_per_second",
    "network.errors_per_second",
)


def figures_of(report: Health) -> tuple[tuple[str, ...], list[float]]:
    """Return the names of what a report knows, and the figures in the same order."""
    cpu, memory = report.cpu, report.memory
    names: list[str] = ["cpu.percent", "memory.available_bytes"]
    values: list[float] = [cpu.percent, memory.available_bytes]
    if memory.total_bytes:
        names.append("memory.used_percent")
        values.append(100.0 * (memory.total_bytes - memory.available_bytes) / memory.total_bytes)
    if cpu.iowait_percent is not None:
        names.append("cpu.iowait_percent")
        values.append(cpu.iowait_percent)
    if report.load is not None:
        names += LOAD
        values += (report.load.m1, report.load.m5, report.load.m15)
    if report.swap is not None and report.swap.total_bytes:
        names.append("swap.used_percent")
        values.append(100.0 * report.swap.used_bytes / report.swap.total_bytes)
    for disk in report.disks:
        if disk.state == "ok":
            _add_disk(disk, names, values)
    _add_rates(report, names, values)
    _add_sensors(report, names, values)
    names += OWN
    values += (report.users, report.spool.waiting)
    if report.clock_skew_seconds is not None:
        names.append("clock.skew_seconds")
        values.append(report.clock_skew_seconds)
    return tuple(names), values


def _add_rates(report: Health, names: list[str], values: list[float]) -> None:
    flow, network = report.disk_io, report.network
    if flow is not None:
        names += DISK_IO
        values += (flow.read_bytes_per_second, flow.write_bytes_per_second)
        if flow.busy_percent is not None:
            names.append("disk_io.busy_percent")
            values.append(flow.busy_percent)
    if network is not None:
        names += NETWORK
        values += (
            network.received_bytes_per_second,
            network.sent_bytes_per_second,
            network.errors_per_second,
        )


def _add_disk(disk: Disk, names: list[str], values: list[float]) -> None:
    """Add what is known of a file system; of two at one place the first counts."""
    total, free = disk.total_bytes, disk.free_bytes
    used_name, free_name, inodes_name = disk_names(disk.mount)
    if not isinstance(total, int) or not isinstance(free, int) or free_name in names:
        return
    if total:
        names.append(used_name)
        values.append(100.0 * (total - free) / total)
    names.append(free_name)
    values.append(free)
    if isinstance(disk.inodes_percent, float):
        names.append(inodes_name)
        values.append(disk.inodes_percent)


def _add_sensors(report: Health, names: list[str], values: list[float]) -> None:
    """Add what sensors say; of two with one label the first counts."""
    sensors = [(f"temperature.celsius:{each.label}", each.celsius) for each in report.temperatures]
    sensors += [(f"fan.rpm:{each.label}", each.rpm) for each in report.fans]
    for name, value in sensors:
        if name not in names:
            names.append(name)
            values.append(value)
    if report.battery is not None:
        names.append("battery.percent")
        values.append(report.battery.percent)


@lru_cache(maxsize=4096)
def disk_names(mount: str) -> tuple[str, str, str]:
    """Return the names of the metrics of the file system at `mount`."""
    return (
        f"disk.used_percent:{mount}",
        f"disk.free_bytes:{mount}",
        f"disk.inodes_percent:{mount}",
    )


@lru_cache(maxsize=1024)
def packer(count: int) -> struct.Struct:
    """Return what packs so many figures as little-endian doubles."""
    return struct.Struct(f"<{count}d")
