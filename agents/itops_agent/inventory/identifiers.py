"""Reads the identifiers of this machine from where each system keeps them."""

from __future__ import annotations

import json
import os
import re
import sys

import psutil

from itops_agent import config, identity, programs
from itops_agent.errors import Unseen
from itops_agent.inventory import registry
from itops_agent.probes import rates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.identity import Identifier

#: Written at each start by `itops-agent hardware` as root; the service itself may not read DMI.
HARDWARE_FILE = "/run/itops-agent/hardware.json"
DMI = "/sys/class/dmi/id"
DMI_FIELDS = {
    "dmi_uuid": "product_uuid",
    "board_serial": "board_serial",
    "chassis_serial": "chassis_serial",
}
ASK_WINDOWS = (
    "$b = Get-CimInstance Win32_BaseBoard; $c = Get-CimInstance Win32_SystemEnclosure; "
    "[pscustomobject]@{ uuid = (Get-CimInstance Win32_ComputerSystemProduct).UUID; "
    "board = $b.SerialNumber; chassis = @($c)[0].SerialNumber; "
    "disks = @(Get-CimInstance Win32_DiskDrive | Where-Object InterfaceType -ne 'USB' | "
    "ForEach-Object SerialNumber) } | ConvertTo-Json -Compress"
)


def read(install_id: str = "") -> list[Identifier]:
    """Return every usable identifier; the id of this installation only where there is no other."""
    found = from_windows() if sys.platform == "win32" else from_linux()
    kept = identity.usable([*found, *cards()])
    return kept or identity.usable([{"kind": "install_id", "value": install_id}])


def line(path: str) -> str:
    """Return the first line of a small file; nothing if it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(4096).strip()
    except OSError:
        return ""


def from_linux() -> list[Identifier]:
    machine = line("/etc/machine-id") or line("/var/lib/dbus/machine-id")
    found = [{"kind": "machine_id", "value": machine}]
    found += [{"kind": kind, "value": value} for kind, value in dmi().items()]
    return found + [{"kind": "disk_serial", "value": serial} for serial in disk_serials()]


def dmi() -> dict[str, str]:
    """Return the board's identifiers: read directly as root, else as root noted them at start."""
    noted = noted_hardware()
    return {
        kind: line(os.path.join(DMI, name)) or noted.get(kind, "")
        for kind, name in DMI_FIELDS.items()
    }


def noted_hardware(path: str = "") -> dict[str, str]:
    try:
        with open(path or HARDWARE_FILE, encoding="utf-8") as file:
            noted = json.load(file)
    except (OSError, ValueError):
        return {}
    return (
        {str(kind): str(value) for kind, value in noted.items()} if isinstance(noted, dict) else {}
    )


def note_hardware(path: str = "") -> None:
    """Write what only root may read to where the service finds it (until the next boot)."""
    noted = {**dmi(), "product_serial": line(os.path.join(DMI, "product_serial"))}
    config.write_private(path or HARDWARE_FILE, json.dumps(noted).encode(), mode=0o640)


def disk_serials() -> list[str]:
    """Return the serials of the disks that are built in (a USB stick identifies nobody)."""
    if not os.path.isdir("/sys/block"):
        return []
    names = [name for name in os.listdir("/sys/block") if rates.is_whole_disk(name)]
    return [disk_serial(name) for name in names if not (is_removable(name) or is_virtual(name))]


def is_virtual(name: str) -> bool:
    """Say whether a hypervisor made the disk up; its serial says nothing then."""
    return name.startswith(("vd", "xvd"))


def is_removable(name: str) -> bool:
    path = os.path.realpath(os.path.join("/sys/block", name))
    return "/usb" in path or line(os.path.join(path, "removable")) == "1"


def disk_serial(name: str) -> str:
    """Return what the disk says, or what udev noted of it when the kernel hides it."""
    folder = os.path.join("/sys/block", name)
    said = line(os.path.join(folder, "serial")) or line(os.path.join(folder, "device/serial"))
    return said or udev_serial(line(os.path.join(folder, "dev")))


def udev_serial(device: str, folder: str = "/run/udev/data") -> str:
    try:
        with open(os.path.join(folder, "b" + device), encoding="utf-8", errors="replace") as file:
            match = re.search(r"^E:ID_SERIAL_SHORT=(.+)$", file.read(65536), re.MULTILINE)
    except OSError:
        return ""
    return match.group(1) if match else ""


def cards() -> list[Identifier]:
    """Return the addresses of real network cards, the permanent ones where Linux tells them."""
    families = {getattr(psutil, "AF_LINK", None)}
    return [
        {"kind": "mac", "value": address.address.lower().replace("-", ":")}
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family in families and rates.is_real_card(name) and not is_usb_card(name)
    ]


def is_usb_card(name: str) -> bool:
    """Say whether the card is an adapter or a docking station, which goes from laptop to laptop."""
    return "/usb" in os.path.realpath(os.path.join("/sys/class/net", name, "device"))


def from_windows() -> list[Identifier]:
    try:
        printed = programs.powershell(ASK_WINDOWS)
    except Unseen:
        printed = ""
    return [{"kind": "machine_id", "value": machine_guid()}, *parse_windows(printed)]


def parse_windows(printed: str) -> list[Identifier]:
    """Given the JSON of ASK_WINDOWS, return its identifiers.

    {"uuid":"4C4C4544-0051-3010-8054-B7C04F4E3132","board":"/7Q0T1N2/CN1296361C00C7/",
     "chassis":"7Q0T1N2","disks":["S3Z8NB0K123456A"]}
    """
    try:
        told = json.loads(printed)
    except ValueError:
        return []
    kinds = (("dmi_uuid", "uuid"), ("board_serial", "board"), ("chassis_serial", "chassis"))
    found = [{"kind": kind, "value": str(told.get(name) or "")} for kind, name in kinds]
    disks = [str(serial) for serial in programs.listed(told.get("disks")) if serial]
    return found + [{"kind": "disk_serial", "value": serial} for serial in disks]


def machine_guid() -> str:
    """Return what Windows drew when it was installed; images that skip sysprep share it."""
    return registry.value(r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")
