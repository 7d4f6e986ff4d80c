"""An agent for tests: makes bodies as docs/agent-report.md says, and sends them."""

import gzip
import hashlib
import json
import secrets
from typing import Any

from itops.clock import utcnow
from tests import factories

GIB = 1024**3
MACHINE = "a" * 64


def health(seq: int = 1, *, taken_at: float | None = None, **given: Any) -> dict[str, Any]:
    """Return a health report of a machine that is well, with `given` fields in place."""
    made: dict[str, Any] = {
        "seq": seq,
        "kind": "health",
        "taken_at": now() if taken_at is None else taken_at,
        "interval_seconds": 60,
        "cpu": {
            "percent": 12.5,
            "user_percent": 9.5,
            "system_percent": 3.0,
            "iowait_percent": 0.5,
            "count": 4,
        },
        "load": {"m1": 0.5, "m5": 0.4, "m15": 0.3},
        "memory": {"total_bytes": 16 * GIB, "available_bytes": 9 * GIB},
        "swap": {"total_bytes": 2 * GIB, "used_bytes": 0},
        "disks": [disk("/"), disk("/srv", total=500, free=200)],
        "disk_io": {
            "read_bytes_per_second": 1000.5,
            "write_bytes_per_second": 2000.0,
            "busy_percent": 3.0,
        },
        "network": {
            "received_bytes_per_second": 100.0,
            "sent_bytes_per_second": 50.0,
            "errors_per_second": 0.0,
        },
        "temperatures": [{"label": "coretemp", "celsius": 54.0, "high_celsius": 90.0}],
        "fans": [{"label": "cpu", "rpm": 1200}],
        "battery": None,
        "boot_at": 1_795_000_000.0,
        "users": 2,
        "clock_skew_seconds": 0.1,
        "services": None,
        "spool": {"waiting": 1, "dropped": 0},
        "unseen": [{"what": "battery", "why": "no_sensor"}],
    }
    return made | given


def disk(mount: str, *, total: float = 100, free: float = 60, **given: Any) -> dict[str, Any]:
    return {
        "mount": mount,
        "device": "/dev/vda1",
        "fstype": "ext4",
        "state": "ok",
        "total_bytes": int(total * GIB),
        "free_bytes": int(free * GIB),
        "inodes_percent": 4.0,
    } | given


def inventory(seq: int = 1, *, taken_at: float | None = None, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "seq": seq,
        "kind": "inventory",
        "taken_at": now() if taken_at is None else taken_at,
        "identity": {
            "hostname": "his-db",
            "system": "Linux",
            "identifiers": [{"kind": "machine_id", "value": "ab12cd34"}],
        },
        "os": {
            "name": "Debian GNU/Linux",
            "version": "12",
            "kernel": "6.1.0-40-amd64",
            "arch": "x86_64",
            "installed_at": None,
        },
        "hardware": {"manufacturer": "联想", "model": "SR650", "serial": "SN-1", "bios": "1.2"},
        "cpu": {"model": "Xeon", "cores": 4, "threads": 8, "mhz": 2400.0},
        "memory_bytes": 8 * GIB,
        "drives": [
            {"name": "sda", "model": "PM883", "serial": "D1", "size_bytes": 480, "kind": "ssd"}
        ],
        "addresses": [
            {
                "interface": "eth0",
                "mac": "3c:52:82:aa:01:02",
                "ipv4": ["10.2.3.4"],
                "ipv6": [],
                "speed_mbps": 1000.0,
                "up": True,
            }
        ],
        "software": [program("openssl", "3.0.1"), program("金山文档", "12.1")],
        "antivirus": [],
        "updates": {"pending": 0, "security": 0, "checked_at": None, "why_unknown": None},
        "unseen": [],
    }
    return made | given


def program(name: str, version: str) -> dict[str, Any]:
    return {"name": name, "version": version, "publisher": None, "arch": None}


def farewell(seq: int, reason: str = "shutdown", *, taken_at: float | None = None) -> Any:
    taken_at = now() if taken_at is None else taken_at
    return {"seq": seq, "kind": "farewell", "taken_at": taken_at, "reason": reason}


def now() -> float:
    return round(utcnow().timestamp(), 3)


class Agent:
    """A machine with a key, a spool, and a client to send with."""

    def __init__(self, client: Any, **given: Any) -> None:
        self.client = client
        self.key = secrets.token_urlsafe(32)
        self.spool = secrets.token_hex(16)
        self.machine = MACHINE
        key_hash = hashlib.sha256(self.key.encode()).digest()
        self.host = factories.host(**{"key_hash": key_hash, "machine": MACHINE} | given)
        self.host_id = self.host.id
        #: Kept, since a look at `host` may open a transaction that the server waits for.
        self.bearer = f"Bearer {self.host.public_id}.{self.key}"

    def envelope(self, *reports: Any, **given: Any) -> dict[str, Any]:
        return {
            "schema": 1,
            "spool": self.spool,
            "machine": self.machine,
            "agent": "0.1.0",
            "sent_at": now(),
            "reports": list(reports),
        } | given

    def send(self, *reports: Any, **given: Any) -> Any:
        return self.post(json.dumps(self.envelope(*reports, **given), ensure_ascii=False).encode())

    def post(self, body: bytes, *, packed: bool = False, **headers: str) -> Any:
        headers = {"Authorization": self.bearer, "Content-Type": "application/json"} | headers
        if packed:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        return self.client.post("/api/v1/reports", data=body, headers=headers)
