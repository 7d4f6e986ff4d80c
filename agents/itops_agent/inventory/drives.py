"""The drives that are built in: make, size, kind."""

from __future__ import annotations

import json
import os
import sys

from itops_agent import programs
from itops_agent.errors import Unseen
from itops_agent.inventory import identifiers
from itops_agent.probes import rates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Drive = dict[str, object]

SECTOR_BYTES = 512  # the kernel counts in these, whatever the drive's own
ASK_WINDOWS = (
    "@(Get-PhysicalDisk | Select-Object DeviceId, FriendlyName, SerialNumber, MediaType, Size) "
    "| ConvertTo-Json -Compress"
)
#: MediaType comes as a word or, from older systems, as its number.
MEDIA = {"SSD": "ssd", "4": "ssd", "SCM": "ssd", "5": "ssd", "HDD": "hdd", "3": "hdd"}


def read() -> list[Drive]:
    """Return the drives. Raise Unseen where none can be seen."""
    if sys.platform == "win32":
        return parse_windows(programs.powershell(ASK_WINDOWS))
    if not os.path.isdir("/sys/block"):
        raise Unseen("not_supported")
    return [drive(name) for name in sorted(os.listdir("/sys/block")) if is_built_in(name)]


def is_built_in(name: str) -> bool:
    return rates.is_whole_disk(name) and not identifiers.is_removable(name)


def drive(name: str, folder: str = "/sys/block") -> Drive:
    place = os.path.join(folder, name)
    sectors = identifiers.line(os.path.join(place, "size"))
    return {
        "name": name,
        "model": identifiers.line(os.path.join(place, "device/model")) or None,
        "serial": identifiers.disk_serial(name) or None,
        "size_bytes": int(sectors) * SECTOR_BYTES if sectors.isdigit() else 0,
        "kind": kind(name, identifiers.line(os.path.join(place, "queue/rotational"))),
    }


def kind(name: str, rotational: str) -> str:
    """Return ssd or hdd; a virtual disk says nothing true about what it stands on."""
    if identifiers.is_virtual(name):
        return "unknown"
    return {"0": "ssd", "1": "hdd"}.get(rotational, "unknown")


def parse_windows(printed: str) -> list[Drive]:
    """Given the JSON of ASK_WINDOWS, return the drives.

    [{"DeviceId":"0","FriendlyName":"SAMSUNG MZVLB256HAHQ","SerialNumber":"S3Z8NB0K123456A",
      "MediaType":"SSD","Size":256060514304}]
    """
    try:
        told = json.loads(printed)
        return [from_windows(each) for each in programs.listed(told)]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unseen("error") from None


def from_windows(told: dict[str, Any]) -> Drive:
    return {
        "name": f"PhysicalDrive{told['DeviceId']}",
        "model": str(told["FriendlyName"] or "").strip() or None,
        "serial": str(told["SerialNumber"] or "").strip().rstrip(".") or None,
        "size_bytes": int(told["Size"] or 0),
        "kind": MEDIA.get(str(told["MediaType"]), "unknown"),
    }
