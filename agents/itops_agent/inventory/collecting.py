"""Puts an inventory together."""

from __future__ import annotations

import psutil

from itops_agent import health, identity
from itops_agent.errors import Unseen
from itops_agent.inventory import (
    addresses,
    antivirus,
    drives,
    identifiers,
    software,
    system,
    updates,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def collect(*, at: float, install_id: str = "") -> dict[str, object]:
    """Return the inventory. What can't be read is None or empty, and named in `unseen`."""
    unseen: list[dict[str, str]] = []

    def ask(what: str, probe: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return probe()
        except Unseen as reason:
            why = reason.why
        except PermissionError:
            why = "denied"
        except health.TROUBLE:
            why = "error"
        unseen.append({"what": what, "why": why})
        return otherwise

    unmarked = {"manufacturer": None, "model": None, "serial": None, "bios": None}
    return {
        "kind": "inventory",
        "taken_at": round(at, 3),
        "identity": identity.describe(identifiers.read(install_id)),
        "os": system.operating_system(),
        "hardware": ask("hardware", system.hardware, unmarked),
        "cpu": system.processor(),
        "memory_bytes": psutil.virtual_memory().total,
        "drives": ask("drives", drives.read, []),
        "addresses": ask("addresses", addresses.read, []),
        "software": ask("software", software.read, []),
        "antivirus": ask("antivirus", antivirus.read, []),
        "updates": updates.read(),
        "unseen": unseen,
    }
