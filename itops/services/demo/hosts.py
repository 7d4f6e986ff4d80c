"""The demo's hosts: what their agents said last, judged by the same rules as real reports."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import msgspec

from itops.checks.host_health import assess
from itops.checks.host_report import Health
from itops.models import (
    Asset,
    Enrolment,
    Host,
    HostIdentifier,
    HostState,
    Inventory,
    InventoryChange,
    StateChange,
)
from itops.services.demo.figures import report, silent_for
from itops.services.demo.machines import GB, Machine, Story
from itops.services.demo.places import Places

DAY = timedelta(days=1)
#: A report is believed for three intervals.
BELIEVED = timedelta(seconds=180)
#: How old the virus signatures of machines with that story are.
SIGNATURE_AGE = {Story.OLD_SIGNATURES: timedelta(days=5), Story.VERY_OLD_SIGNATURES: 12 * DAY}
SOFTWARE = (
    ("HIS 客户端", "6.4.2", "演示软件公司"),
    ("Microsoft Office 2016", "16.0.4266", "Microsoft Corporation"),
    ("Google Chrome", "109.0.5414.120", "Google LLC"),
    ("360 终端安全管理系统", "10.0.0.6221", "360"),
    ("WinRAR 6.11", "6.11.0", "win.rar GmbH"),
)
PACKAGES = (("openssh-server", "1:9.2p1"), ("nginx", "1.22.1"), ("clamav", "1.0.7"))


def host_of(machine: Machine, asset: Asset, places: Places, *, at: datetime) -> Host:
    """Return the enrolled identity of a machine; one that waits for approval has no asset yet."""
    is_waiting = machine.story is Story.WAITING
    enrolled = at - 365 * DAY if not is_waiting else at - timedelta(hours=2)
    return Host(
        public_id=_hex(machine, "host")[:32],
        name=machine.name,
        system="Windows" if machine.is_windows else "Linux",
        key_hash=bytes(32),
        machine=_hex(machine, "machine"),
        enrolment=Enrolment.PENDING if is_waiting else Enrolment.APPROVED,
        site=places.site_of(machine),
        asset=None if is_waiting else asset,
        agent_version="0.1.0",
        address=machine.address,
        enrolled_at=enrolled,
        approved_at=None if is_waiting else enrolled,
        is_demo=True,
        identifiers=[
            HostIdentifier(kind="board_serial", value=machine.serial),
            HostIdentifier(kind="mac", value=mac_of(machine)),
        ],
    )


def state_of(machine: Machine, host: Host, *, at: datetime) -> HostState:
    """Return the state that the machine's last report leads to."""
    heard = last_heard(machine, at=at)
    # A silent machine's last report came while it was still heard.
    given = report(machine, heard)
    health = msgspec.convert(given, Health)
    memory: dict[str, Any] = {"memory": 9, "cpu": 9, "antivirus": antivirus_of(machine, at=at)}
    verdict, findings, streaks = assess(
        health, memory, at=heard.timestamp(), expects_antivirus=machine.is_windows
    )
    state = HostState(
        host_id=host.id,
        last_seen_at=heard,
        taken_at=heard,
        stale_at=heard + BELIEVED,
        state=verdict,
        state_since_at=_since(machine, at=heard),
        findings=[finding.as_json() for finding in findings],
        streaks=streaks,
        latest=json.dumps(given, ensure_ascii=False).encode(),
        services=json.dumps(given["services"]).encode(),
    )
    if machine.story is Story.SWITCHED_OFF:
        state.farewell_at, state.farewell_reason = heard, "shutdown"
    return state


def last_heard(machine: Machine, *, at: datetime) -> datetime:
    """Return when the machine was heard last."""
    if machine.story is Story.SILENT:
        return at - timedelta(seconds=silent_for(machine) + 60)
    if machine.story is Story.SWITCHED_OFF:
        return at - timedelta(hours=5, minutes=1)
    return at - timedelta(seconds=machine.number % 55)


def antivirus_of(machine: Machine, *, at: datetime) -> list[list[Any]]:
    """Return what an assessment remembers of antivirus: product, enabled, signatures' time."""
    age = SIGNATURE_AGE.get(machine.story, timedelta(hours=9 + machine.number % 24))
    product = "360" if machine.is_windows else "ClamAV"
    return [[product, True, (at - age).timestamp()]]


def inventory_of(machine: Machine, host: Host, *, at: datetime) -> Inventory:
    """Return the machine's newest inventory, as docs/agent-report.md describes it."""
    taken = last_heard(machine, at=at) - timedelta(hours=3)
    return Inventory(
        host_id=host.id, taken_at=taken, received_at=taken, document=_document(machine, taken, at)
    )


def changes_of(machine: Machine, host: Host, *, at: datetime) -> list[StateChange]:
    """Return the machine's way into its trouble, and an earlier night that ended well."""
    trouble = {Story.DISK_FULL, Story.DISK_FILLING, Story.MEMORY_SHORT, Story.HUNG_MOUNT}
    if machine.story not in trouble:
        return []
    earlier = at - (40 + machine.number % 30) * DAY
    since = _since(machine, at=at)
    final = state_of(machine, host, at=at)
    return [
        StateChange(host_id=host.id, at=earlier, old="ok", new="warning", findings=[]),
        StateChange(
            host_id=host.id, at=earlier + timedelta(hours=7), old="warning", new="ok", findings=[]
        ),
        StateChange(host_id=host.id, at=since, old="ok", new=final.state, findings=final.findings),
    ]


def inventory_changes_of(machine: Machine, host: Host, *, at: datetime) -> list[InventoryChange]:
    """Return what changed inside the machine over the year; most machines stay as they are."""
    if machine.number % 11:
        return []
    before = machine.memory_bytes // 2 // GB
    after = machine.memory_bytes // GB
    return [
        InventoryChange(
            host_id=host.id,
            at=at - (60 + machine.number % 200) * DAY,
            key="inventory.memory_changed",
            params={"old": f"{before} GB", "new": f"{after} GB"},
        )
    ]


def mac_of(machine: Machine) -> str:
    """Return the machine's MAC, from the range that nobody's card has."""
    digits = f"{machine.number:06x}"
    return f"02:de:00:{digits[:2]}:{digits[2:4]}:{digits[4:]}"


def _document(machine: Machine, taken: datetime, at: datetime) -> dict[str, Any]:
    product, enabled, signature_at = antivirus_of(machine, at=at)[0]
    software = SOFTWARE if machine.is_windows else tuple((*p, "Debian") for p in PACKAGES)
    return {
        "kind": "inventory",
        "seq": 2,
        "taken_at": taken.timestamp(),
        "identity": {
            "hostname": machine.name,
            "system": "Windows" if machine.is_windows else "Linux",
            "identifiers": [
                {"kind": "board_serial", "value": machine.serial},
                {"kind": "mac", "value": mac_of(machine)},
            ],
        },
        "os": {
            "name": machine.system_name,
            "version": "1809" if machine.is_windows else "12",
            "kernel": "10.0.17763" if machine.is_windows else "6.1.0-28-amd64",
            "arch": "x86_64",
            "installed_at": None,
        },
        "hardware": {
            "manufacturer": machine.vendor,
            "model": machine.model,
            "serial": machine.serial,
            "bios": None,
        },
        "cpu": {
            "model": "Intel Xeon Silver 4210" if machine.is_server else "Intel Core i3-10100",
            "cores": machine.cores,
            "threads": machine.cores * 2,
            "mhz": 2200.0,
        },
        "memory_bytes": machine.memory_bytes,
        "drives": [
            {
                "name": disk.mount,
                "model": None,
                "serial": None,
                "size_bytes": disk.total_bytes,
                "kind": "ssd",
            }
            for disk in machine.disks
        ],
        "addresses": [
            {
                "interface": "Ethernet",
                "mac": mac_of(machine),
                "ipv4": [machine.address],
                "ipv6": [],
                "speed_mbps": 1000,
                "up": True,
            }
        ],
        "software": [
            {"name": name, "version": version, "publisher": publisher, "arch": None}
            for name, version, publisher in software
        ],
        "antivirus": [
            {
                "product": product,
                "engine_version": None,
                "signature_at": signature_at,
                "signature_version": None,
                "enabled": enabled,
                "up_to_date": None,
                "why_unknown": None,
            }
        ],
        "updates": {
            "pending": machine.number % 7,
            "security": machine.number % 3,
            "checked_at": taken.timestamp(),
            "why_unknown": None,
        },
        "unseen": [],
    }


def _since(machine: Machine, *, at: datetime) -> datetime:
    if machine.story is Story.NONE:
        return at - (3 + machine.number % 90) * DAY
    return at - timedelta(minutes=54 + machine.number * 7 % 2000)


def _hex(machine: Machine, what: str) -> str:
    return hashlib.sha256(f"demo {what} {machine.number}".encode()).hexdigest()
