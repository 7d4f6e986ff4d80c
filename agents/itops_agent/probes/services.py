"""Services by name and state: systemd's on Linux, the service manager's on Windows.

Which of them matter is chosen on the server. Transient units (a login session, a timer's own run)
are left out: they come and go and would make every list a change.
"""

from __future__ import annotations

import os
import re
import sys

import psutil

from itops_agent import programs
from itops_agent.errors import Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Services = list[dict[str, str]]

SERVICES = 500
NODES = 5  # that one service takes, keys and all
LIST_UNITS = (
    "systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", "--no-pager",
    "--full",
)  # fmt: skip
TRANSIENT = re.compile(r"(run-|user@|user-runtime-dir@|session-|systemd-coredump@)")
SYSTEMD = {
    "active": "running",
    "reloading": "running",
    "refreshing": "running",
    "inactive": "stopped",
    "failed": "failed",
    "activating": "starting",
    "deactivating": "stopping",
}
WINDOWS = {
    "running": "running",
    "stopped": "stopped",
    "start_pending": "starting",
    "continue_pending": "starting",
    "stop_pending": "stopping",
    "pause_pending": "paused",
    "paused": "paused",
}
#: Kept first when there are too many of them.
WORST_FIRST = ("failed", "starting", "stopping", "paused", "unknown", "running", "stopped")


def read() -> Services:
    """Return every service, by name. Raise Unseen where services can't be asked."""
    if sys.platform == "win32":
        return worst(from_windows())
    if not os.path.isdir("/run/systemd/system"):
        raise Unseen("not_supported")
    return worst(parse_units(programs.output(LIST_UNITS, seconds=10)))


def parse_units(printed: str) -> Services:
    """Given what `systemctl list-units --plain --no-legend` printed, return the services.

    ssh.service            loaded    active   running OpenBSD Secure Shell server
    apt-daily.service      loaded    inactive dead    Daily apt download activities
    auditd.service         not-found inactive dead    auditd.service
    """
    rows = [line.split(maxsplit=4) for line in printed.splitlines()]
    return [
        {"name": row[0][: -len(".service")], "state": unit_state(row[2], row[3])}
        for row in rows
        if len(row) >= 4 and row[0].endswith(".service") and is_kept(row[0], row[1])
    ]


def is_kept(unit: str, loaded: str) -> bool:
    return loaded != "not-found" and not TRANSIENT.match(unit)


def unit_state(active: str, sub: str) -> str:
    """Return the state in the wire's words; a unit that crashed and waits to restart has failed."""
    if sub == "auto-restart":
        return "failed"
    return SYSTEMD.get(active, "unknown")


def from_windows() -> Services:
    found = []
    for service in psutil.win_service_iter():  # type: ignore[attr-defined,unused-ignore]
        try:
            found.append({"name": service.name(), "state": windows_state(service.status())})
        except (psutil.Error, OSError):
            found.append({"name": service.name(), "state": "unknown"})
    return found


def windows_state(status: str) -> str:
    return WINDOWS.get(status, "unknown")


def worst(services: Iterable[dict[str, str]], count: int = SERVICES) -> Services:
    """Return the services by name; of too many, those that have failed and those that run."""
    ranked = sorted(services, key=lambda service: WORST_FIRST.index(service["state"]))
    return sorted(ranked[:count], key=lambda service: service["name"])


def hint() -> object:
    """Return something cheap that changes when a service starts or ends; None if there is nothing.

    systemd keeps a folder for each running service, so that no program need be started to see
    that nothing has changed.
    """
    for folder in ("/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"):
        try:
            return tuple(sorted(name for name in os.listdir(folder) if is_service(name)))
        except OSError:
            continue
    return None


def is_service(name: str) -> bool:
    return name.endswith(".service") and not TRANSIENT.match(name)
