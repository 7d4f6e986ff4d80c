"""What the locks pin: each package with its version."""

import re
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")


@dataclass(frozen=True)
class Pinned:
    """One package of a lock."""

    name: str
    version: str


def pinned(lock: str) -> list[Pinned]:
    """Return what a lock ("base", "dev", "agent") pins, by name."""
    lines = (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    found = [Pinned(match["name"], match["version"]) for match in map(ENTRY.match, lines) if match]
    return sorted(found, key=lambda one: one.name)
