"""Makes a health report out of the probes; one that fails is named in `unseen`, never hidden."""

from __future__ import annotations

import os

import psutil

from itops_agent import bounds
from itops_agent.errors import Unseen
from itops_agent.probes import cpu, disks, machine, memory, rates, sensors, services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Report = dict[str, Any]

SERVICES_READ_SECONDS = 10 * 60
SERVICES_SENT_SECONDS = 30 * 60
#: What psutil and /proc raise on odd machines. (RuntimeError: psutil's own sanity checks.)
TROUBLE = (OSError, psutil.Error, ValueError, KeyError, IndexError, RuntimeError, AttributeError)


class Collector:
    """Holds what rates and "nothing new" need from the reading before."""

    def __init__(
        self, *, interval_seconds: float, disk_probe: disks.DiskProbe | None = None
    ) -> None:
        self._interval = interval_seconds
        self._disks = disk_probe or disks.DiskProbe()
        self._services = ServiceWatch()
        self._unseen: list[dict[str, str]] = []
        self._cpu = cpu.read()
        self._flows: dict[str, tuple[float, Any]] = {}

    def collect(self, *, at: float, ticks: float) -> Report:
        """Return a health report, but for its number and what the spool and the sender know."""
        self._unseen = []
        return {
            "kind": "health",
            "taken_at": round(at, 3),
            "interval_seconds": self._interval,
            "cpu": self._processors(),
            "load": self._ask("load", cpu.load) if hasattr(os, "getloadavg") else None,
            "memory": memory.memory(),
            "swap": self._ask("swap", memory.swap),
            "disks": self._ask("disks", lambda: self._disks.read(disks.places())) or [],
            "disk_io": self._flow("disk_io", rates.read_disks, rates.disk_rates, ticks),
            "network": self._flow("network", rates.read_network, rates.network_rates, ticks),
            "temperatures": self._ask("temperatures", sensors.temperatures) or [],
            "fans": self._ask("fans", sensors.fans) or [],
            "battery": self._ask("battery", sensors.battery),
            "boot_at": machine.boot_at(),
            "users": self._ask("users", machine.users) or 0,
            "services": self._ask("services", lambda: self._services.news(ticks)),
            "unseen": self._unseen,
        }

    def _ask(self, what: str, probe: Callable[[], Any]) -> Any:
        """Return what the probe saw; None, and an entry in `unseen`, if it saw nothing."""
        try:
            return probe()
        except Unseen as unseen:
            why = unseen.why
        except PermissionError:
            why = "denied"
        except TROUBLE:
            why = "error"
        self._unseen.append({"what": what, "why": why})
        return None

    def _processors(self) -> Report:
        before, self._cpu = self._cpu, cpu.read()
        return cpu.shares(before, self._cpu)

    def _flow(
        self, what: str, read: Callable[[], Any], rate: Callable[..., Any], ticks: float
    ) -> Any:
        """Return the rates since the report before; None in the first one."""
        counters = self._ask(what, read)
        then, before = self._flows.get(what, (ticks, None))
        if counters:
            self._flows[what] = (ticks, counters)
        return rate(before, counters, ticks - then) if before and counters else None


def fitting(report: Report) -> Report:
    """Return the report within the limit of nodes, without the quietest of too many services."""
    excess = bounds.nodes(bounds.dump(report)) - bounds.HEALTH_NODES
    if excess <= 0 or not report["services"]:
        return report
    kept = max(0, len(report["services"]) - excess // services.NODES - 1)
    return {**report, "services": services.worst(report["services"], kept)}


class ServiceWatch:
    """Decides when the services are read, and when their list is sent."""

    def __init__(
        self,
        read: Callable[[], services.Services] = services.read,
        hint: Callable[[], object] = services.hint,
    ) -> None:
        self._read = read
        self._hint = hint
        self._seen_hint: object = None
        self._known: services.Services | None = None
        self._failure: Unseen | None = None
        self._read_at = self._sent_at = float("-inf")

    def news(self, ticks: float) -> services.Services | None:
        """Return the whole list if it changed or is due again, else None (as before).

        Raise Unseen if the last attempt to read it failed; the next attempt is some minutes away.
        """
        hint = self._hint()
        if hint != self._seen_hint or ticks - self._read_at >= SERVICES_READ_SECONDS:
            self._seen_hint, self._read_at = hint, ticks
            return self._renewed(ticks)
        if self._failure:
            raise self._failure
        return None

    def _renewed(self, ticks: float) -> services.Services | None:
        try:
            seen = self._read()
        except Unseen as failure:
            self._failure, self._known = failure, None
            raise
        self._failure = None
        if seen == self._known and ticks - self._sent_at < SERVICES_SENT_SECONDS:
            return None
        self._known, self._sent_at = seen, ticks
        return seen
