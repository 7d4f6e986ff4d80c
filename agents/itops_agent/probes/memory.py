"""How much memory there is and how much of it is left."""

from __future__ import annotations

import psutil


def memory() -> dict[str, int]:
    seen = psutil.virtual_memory()
    return {"total_bytes": seen.total, "available_bytes": seen.available}


def swap() -> dict[str, int] | None:
    """Return the swap space; None if this machine has none."""
    seen = psutil.swap_memory()
    if not seen.total:
        return None
    return {"total_bytes": seen.total, "used_bytes": seen.used}
