"""The operating system, the make of the machine, and its processor."""

from __future__ import annotations

import json
import os
import platform
import re
import sys

import psutil

from itops_agent import programs
from itops_agent.errors import Unseen
from itops_agent.identity import PLACEHOLDERS
from itops_agent.inventory import identifiers, registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
FIRST_BUILD_OF_11 = 22000
ASK_WINDOWS = (
    "$s = Get-CimInstance Win32_ComputerSystem; $b = Get-CimInstance Win32_BIOS; "
    "[pscustomobject]@{ manufacturer = $s.Manufacturer; model = $s.Model; "
    "serial = $b.SerialNumber; bios = $b.SMBIOSBIOSVersion } | ConvertTo-Json -Compress"
)


def operating_system() -> dict[str, object]:
    told = from_registry() if sys.platform == "win32" else from_os_release()
    return {**told, "arch": platform.machine()}


def from_os_release(path: str = "/etc/os-release") -> dict[str, object]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            told = parse_os_release(file.read())
    except OSError:
        told = {}
    return {
        "name": told.get("NAME") or platform.system(),
        "version": told.get("VERSION_ID") or "",
        "kernel": platform.release(),
        "installed_at": installed_at(),
    }


def parse_os_release(text: str) -> dict[str, str]:
    """Given /etc/os-release, return its variables.

    NAME="Debian GNU/Linux"
    VERSION_ID="12"
    """
    pairs = re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in pairs}


def installed_at() -> float | None:
    """Return when the installer wrote its log; None where there is none (containers, images)."""
    for path in ("/var/log/installer", "/var/log/anaconda"):
        try:
            return round(os.stat(path).st_mtime, 1)
        except OSError:
            continue
    return None


def from_registry() -> dict[str, object]:
    told = {
        name: registry.value(CURRENT_VERSION, name)
        for name in ("ProductName", "DisplayVersion", "CurrentBuild", "UBR", "InstallDate")
    }
    return windows_version(told)


def windows_version(told: dict[str, str]) -> dict[str, object]:
    """Given the registry's words, return the system. Windows 11 calls itself 10 there."""
    build = int(told["CurrentBuild"] or 0)
    name = told["ProductName"]
    if build >= FIRST_BUILD_OF_11 and "Server" not in name:
        name = name.replace("Windows 10", "Windows 11")
    date = told["InstallDate"]
    return {
        "name": name or "Windows",
        "version": told["DisplayVersion"] or told["CurrentBuild"],
        "kernel": f"10.0.{build}.{told['UBR'] or 0}" if build >= 10240 else str(build),
        "installed_at": float(date) if date.isdigit() else None,
    }


def hardware() -> dict[str, object]:
    """Return the make of the machine. Raise Unseen if Windows doesn't tell."""
    if sys.platform == "win32":
        return parse_hardware(programs.powershell(ASK_WINDOWS))
    dmi = {name: identifiers.line(os.path.join(identifiers.DMI, name)) for name in DMI_NAMES}
    noted = identifiers.noted_hardware().get("product_serial", "")
    bios = " ".join(filter(None, (dmi["bios_vendor"], dmi["bios_version"], dmi["bios_date"])))
    board = identifiers.line("/proc/device-tree/model").rstrip("\0")
    return {
        "manufacturer": meaningful(dmi["sys_vendor"]),
        "model": meaningful(dmi["product_name"] or board),
        "serial": meaningful(dmi["product_serial"] or noted),
        "bios": bios or None,
    }


DMI_NAMES = (
    "sys_vendor", "product_name", "product_serial", "bios_vendor", "bios_version", "bios_date",
)  # fmt: skip


def parse_hardware(printed: str) -> dict[str, object]:
    """Given the JSON of ASK_WINDOWS, return it without what the maker left to be filled in."""
    try:
        told = json.loads(printed)
        return {
            name: meaningful(str(told[name] or ""))
            for name in ("manufacturer", "model", "serial", "bios")
        }
    except (ValueError, KeyError, TypeError):
        raise Unseen("error") from None


def meaningful(text: str) -> str | None:
    """Return what a maker wrote, None for what it forgot to write."""
    return None if text.strip().lower() in PLACEHOLDERS else text.strip()


def processor() -> dict[str, object]:
    threads = psutil.cpu_count() or 1
    return {
        "model": processor_name(),
        "cores": psutil.cpu_count(logical=False) or threads,
        "threads": threads,
        "mhz": megahertz(),
    }


def processor_name(path: str = "/proc/cpuinfo") -> str:
    if sys.platform == "win32":
        return registry.value(PROCESSOR, "ProcessorNameString").strip() or platform.processor()
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", file.read(), re.M)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.machine()


def megahertz() -> float | None:
    """Return the highest clock; today's where the highest isn't told."""
    try:
        seen: Any = psutil.cpu_freq()
    except (OSError, RuntimeError, AttributeError, NotImplementedError):
        return None
    return round(seen.max or seen.current, 1) if seen else None
