"""Record this machine's health, one report a line: python -m tests.bench.record 720 5 FILE.

The reports are those of docs/agent-report.md. Rates and percentages are over the time between two
reports, from the kernel's own counters, so with 5 seconds a percentage is as fine as 0.1.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil

#: When, and the counters of disks and of networks.
Counters = tuple[float, Any, Any]


def main(count: int, every_seconds: float, path: Path) -> None:
    psutil.cpu_times_percent()
    before = counters()
    with path.open("a", encoding="utf-8") as file:
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + (number + 1) * every_seconds - time.monotonic()))
            now = counters()
            file.write(json.dumps(report(number, before, now), separators=(",", ":")) + "\n")
            file.flush()
            before = now


def counters() -> Counters:
    return time.monotonic(), psutil.disk_io_counters(), psutil.net_io_counters()


def report(number: int, before: Counters, now: Counters) -> dict[str, Any]:
    seconds = now[0] - before[0]
    cpu = psutil.cpu_times_percent()
    memory = psutil.virtual_memory()
    disk, disk_before = now[1], before[1]
    net, net_before = now[2], before[2]

    def rate(new: float, old: float) -> float:
        return round((new - old) / seconds, 1)

    return {
        "seq": number + 1,
        "kind": "health",
        "taken_at": round(time.time(), 3),
        "interval_seconds": 60,
        "cpu": {
            "percent": round(100 - cpu.idle - cpu.iowait, 1),
            "user_percent": cpu.user,
            "system_percent": cpu.system,
            "iowait_percent": cpu.iowait,
            "count": psutil.cpu_count(),
        },
        "load": dict(zip(("m1", "m5", "m15"), os.getloadavg(), strict=True)),
        "memory": {"total_bytes": memory.total, "available_bytes": memory.available},
        "swap": {"total_bytes": 0, "used_bytes": 0},
        "disks": [disk_usage("/")],
        "disk_io": {
            "read_bytes_per_second": rate(disk.read_bytes, disk_before.read_bytes),
            "write_bytes_per_second": rate(disk.write_bytes, disk_before.write_bytes),
            "busy_percent": min(100.0, round(rate(disk.busy_time, disk_before.busy_time) / 10, 1)),
        },
        "network": {
            "received_bytes_per_second": rate(net.bytes_recv, net_before.bytes_recv),
            "sent_bytes_per_second": rate(net.bytes_sent, net_before.bytes_sent),
            "errors_per_second": rate(net.errin + net.errout, net_before.errin + net_before.errout),
        },
        "temperatures": [],
        "fans": [],
        "battery": None,
        "boot_at": psutil.boot_time(),
        "users": len(psutil.users()),
        "clock_skew_seconds": None,
        "services": None,
        "spool": {"waiting": 0, "dropped": 0},
        "unseen": [{"what": "temperatures", "why": "no_sensor"}],
    }


def disk_usage(mount: str) -> dict[str, Any]:
    stat = os.statvfs(mount)
    return {
        "mount": mount,
        "device": "/dev/vda",
        "fstype": "ext4",
        "state": "ok",
        "total_bytes": stat.f_blocks * stat.f_frsize,
        "free_bytes": stat.f_bavail * stat.f_frsize,
        "inodes_percent": round(100 * (1 - stat.f_favail / stat.f_files), 2)
        if stat.f_files
        else None,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
