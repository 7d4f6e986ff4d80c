"""What the demo's agents would measure at a moment: the same answer however often it is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from itops.services.demo.machines import DemoDisk, Machine, Story

HOUR = 3600
DAY = 86_400
#: The hospital's clock, for the hours in which its people work (no daylight saving since 1991).
UTC_OFFSET = 8 * HOUR
#: How busy each hour of a day is, from midnight on: outpatients in the morning, a noon break.
BUSY = (
    *(0.08, 0.07, 0.06, 0.06, 0.07, 0.10, 0.22, 0.55),
    *(0.95, 1.00, 0.98, 0.90, 0.42, 0.38, 0.78, 0.86),
    *(0.80, 0.60, 0.34, 0.26, 0.22, 0.18, 0.13, 0.10),
)
WEEKEND = 0.55


def chance(seed: int, moment: int) -> float:
    """Return a figure from 0 to 1 that looks random and is the same each time."""
    mixed = (seed * 2_654_435_761 + moment * 2_246_822_519 + 374_761_393) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2_246_822_519) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 13)) * 3_266_489_917) & 0xFFFFFFFF
    return ((mixed ^ (mixed >> 16)) & 0xFFFFFFFF) / 0xFFFFFFFF


def busy(moment: int) -> float:
    """Return how busy the hospital is at an epoch second, from 0 to 1."""
    local = moment + UTC_OFFSET
    hour, rest = divmod(local % DAY, HOUR)
    here, after = BUSY[hour], BUSY[(hour + 1) % 24]
    weekday = (local // DAY + 3) % 7
    return (here + (after - here) * rest / HOUR) * (WEEKEND if weekday >= 5 else 1.0)


def columns(machine: Machine, moments: Sequence[int], *, now: int) -> dict[str, list[float | None]]:
    """Return the machine's figures at `moments` (epoch seconds), by metric's name.

    Moments at which it was off or not heard are None in every column.
    """
    rows = [figures(machine, moment, now=now) for moment in moments]
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return {name: [row.get(name) for row in rows] for name in names}


def figures(machine: Machine, moment: int, *, now: int) -> dict[str, float]:
    """Return what the machine measures at `moment`; nothing while it is not heard."""
    return {} if is_unheard(machine, moment, now=now) else measure(machine, moment, now=now)


def measure(machine: Machine, moment: int, *, now: int) -> dict[str, float]:
    """Return what the machine measures at `moment`, whether it is heard or not."""
    load = busy(moment)
    noise = chance(machine.number, moment)
    cpu = _cpu(machine, load, noise)
    memory = _memory_percent(machine, load, moment)
    measured = {
        "cpu.percent": cpu,
        "memory.used_percent": memory,
        "memory.available_bytes": machine.memory_bytes * (100 - memory) / 100,
        "network.received_bytes_per_second": 2_000 + 900_000 * load * noise * _scale(machine),
        "network.sent_bytes_per_second": 1_000 + 300_000 * load * noise * _scale(machine),
        "disk_io.read_bytes_per_second": 400_000 * load * chance(machine.number + 7, moment),
        "disk_io.write_bytes_per_second": 250_000 * load * chance(machine.number + 9, moment),
    }
    for disk in machine.disks:
        used = disk_percent(disk, moment, now=now)
        measured[f"disk.used_percent:{disk.mount}"] = used
        measured[f"disk.free_bytes:{disk.mount}"] = disk.total_bytes * (100 - used) / 100
    if machine.has_sensor:
        measured["temperature.celsius:coretemp Package id 0"] = 38 + 22 * cpu / 100 + 2 * noise
    return measured


def is_unheard(machine: Machine, moment: int, *, now: int) -> bool:
    """Whether the machine is off, or its messages don't arrive, at `moment`."""
    if machine.story is Story.SILENT:
        return moment > now - silent_for(machine)
    if machine.is_server:
        return False
    hour = (moment + UTC_OFFSET) % DAY // HOUR
    never_off = machine.building == "ZY" or machine.number % 3 == 0
    if machine.story is Story.SWITCHED_OFF:
        return moment > now - 5 * HOUR
    return not never_off and not 7 <= hour < 19 and moment < now - 12 * HOUR


def silent_for(machine: Machine) -> int:
    """Return for how many seconds a silent machine has not been heard."""
    return 5_400 if machine.building == "LQ" else 2 * DAY + machine.number * 60


def disk_percent(disk: DemoDisk, moment: int, *, now: int) -> float:
    """Return how full the disk is: it grew evenly up to now, and was cleaned when it got tight."""
    days = (now - moment) / DAY
    used = disk.used_percent - disk.percent_a_day * days
    floor = min(disk.used_percent, 30.0)
    if used < floor:
        span = max(disk.used_percent - floor, 1.0)
        used = disk.used_percent - (disk.used_percent - used) % span
    return min(max(used + chance(disk.total_bytes % 9973, moment // HOUR) * 0.05, 1.0), 100.0)


def report(machine: Machine, moment: datetime) -> dict[str, Any]:
    """Return the report that the machine's agent would send, as docs/agent-report.md says."""
    now = int(moment.timestamp())
    measured = measure(machine, now, now=now)
    return {
        "kind": "health",
        "seq": 1,
        "taken_at": float(now),
        "interval_seconds": 60,
        "cpu": {
            "percent": measured["cpu.percent"],
            "user_percent": measured["cpu.percent"] * 0.8,
            "system_percent": measured["cpu.percent"] * 0.2,
            "iowait_percent": None,
            "count": machine.cores,
        },
        "load": None,
        "memory": {
            "total_bytes": machine.memory_bytes,
            "available_bytes": int(measured["memory.available_bytes"]),
        },
        "swap": {"total_bytes": 4 * 1024**3, "used_bytes": 200 * 1024**2},
        "disks": [*_disks(machine, measured), *_hung(machine)],
        "disk_io": {
            "read_bytes_per_second": measured["disk_io.read_bytes_per_second"],
            "write_bytes_per_second": measured["disk_io.write_bytes_per_second"],
            "busy_percent": None,
        },
        "network": {
            "received_bytes_per_second": measured["network.received_bytes_per_second"],
            "sent_bytes_per_second": measured["network.sent_bytes_per_second"],
            "errors_per_second": 0.0,
        },
        "temperatures": _temperatures(measured),
        "fans": [],
        "battery": None,
        "boot_at": float(now - 12 * DAY - machine.number * 977),
        "users": 0 if machine.is_server else 1,
        "clock_skew_seconds": 0.2,
        "services": _services(machine),
        "spool": {"waiting": 0, "dropped": 0},
        "unseen": _unseen(machine),
    }


def _cpu(machine: Machine, load: float, noise: float) -> float:
    base = 4 if machine.is_server else 2
    return min(base + 38 * load * (0.5 + noise) * (0.6 + machine.number % 5 / 6), 100.0)


def _memory_percent(machine: Machine, load: float, moment: int) -> float:
    if machine.story is Story.MEMORY_SHORT:
        return 92.5 + 1.5 * chance(machine.number, moment // 600)
    start = 38 + machine.number % 23
    return start + 14 * load + 2 * chance(machine.number + 3, moment // 300)


def _scale(machine: Machine) -> float:
    return 12.0 if machine.is_server else 1.0


def _disks(machine: Machine, measured: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {
            "mount": disk.mount,
            "device": disk.mount if machine.is_windows else "/dev/sda1",
            "fstype": "NTFS" if machine.is_windows else "ext4",
            "state": "ok",
            "total_bytes": disk.total_bytes,
            "free_bytes": int(measured[f"disk.free_bytes:{disk.mount}"]),
            "inodes_percent": None if machine.is_windows else 4.0,
        }
        for disk in machine.disks
    ]


def _hung(machine: Machine) -> list[dict[str, Any]]:
    if machine.story is not Story.HUNG_MOUNT:
        return []
    device = "10.1.12.60:/export/archive"
    return [{"mount": "/mnt/archive", "device": device, "fstype": "nfs4", "state": "timeout"}]


def _temperatures(measured: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {"label": name.partition(":")[2], "celsius": value, "high_celsius": 90.0}
        for name, value in measured.items()
        if name.startswith("temperature.")
    ]


def _services(machine: Machine) -> list[dict[str, str]]:
    if machine.is_windows:
        names = (
            ["MSSQLSERVER", "W32Time", "Spooler"] if machine.is_server else ["W32Time", "Spooler"]
        )
    else:
        names = ["ssh", "cron", "nginx"]
    return [{"name": name, "state": "running"} for name in names]


def _unseen(machine: Machine) -> list[dict[str, str]]:
    unseen = [{"what": "fans", "why": "no_sensor"}, {"what": "battery", "why": "no_sensor"}]
    if not machine.has_sensor:
        unseen.append({"what": "temperatures", "why": "no_sensor"})
    if machine.is_windows:
        unseen.append({"what": "load", "why": "not_supported"})
    return unseen
