"""The network cards and their addresses."""

from __future__ import annotations

import socket

import psutil

from itops_agent.probes import rates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INTERFACES = 64
PER_INTERFACE = 32


def read() -> list[dict[str, object]]:
    """Return every card but loopback that is real or has an address."""
    stats = psutil.net_if_stats()
    rows = [
        row(name, addresses, stats.get(name))
        for name, addresses in sorted(psutil.net_if_addrs().items())
        if not rates.is_local(name)
    ]
    kept = [each for each in rows if each["ipv4"] or each["ipv6"] or is_real(each)]
    return kept[:INTERFACES]


def is_real(each: dict[str, object]) -> bool:
    return rates.is_real_card(str(each["interface"]))


def row(name: str, addresses: list[Any], stats: Any) -> dict[str, object]:
    macs = [each.address for each in addresses if each.family == psutil.AF_LINK]
    return {
        "interface": name,
        "mac": macs[0].lower().replace("-", ":") if macs else None,
        "ipv4": of_family(addresses, socket.AF_INET),
        "ipv6": of_family(addresses, socket.AF_INET6),
        "speed_mbps": stats.speed if stats and stats.speed > 0 else None,
        "up": bool(stats and stats.isup),
    }


def of_family(addresses: list[Any], family: int) -> list[str]:
    """Return the addresses without their zone ("%eth0")."""
    found = [each.address.partition("%")[0] for each in addresses if each.family == family]
    return found[:PER_INTERFACE]
