"""Keeps what is sent inside the limits of the wire: text, numbers, and how many nodes there are."""

from __future__ import annotations

import json
import math

TEXT_CHARACTERS = 4096
INTEGER = 2**63 - 1
HEALTH_NODES = 2_000
INVENTORY_NODES = 100_000
BODY_NODES = 60_000
BODY_BYTES = 8 * 2**20
WIRE_BYTES = 2**20
REPORTS = 500


def text(value: str) -> str:
    """Return `value` as the server takes it: no NUL, no lone surrogate, not too long."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "")[:TEXT_CHARACTERS]


def number(value: float | int) -> float | int | None:
    """Return `value` if JSON can carry it, else None; integers are held within 64 bits."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return max(-INTEGER, min(INTEGER, value))


def clean(value: object) -> object:
    """Return a copy of `value` (dicts, lists, scalars) that every limit but the count allows."""
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, dict):
        return {text(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    raise TypeError(type(value).__name__)


def dump(value: object) -> bytes:
    """Return `value` as compact JSON, cleaned first."""
    plain = json.dumps(clean(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return plain.encode()


def nodes(body: bytes) -> int:
    """Return a figure that is never below the number of values and keys in this JSON.

    It counts punctuation and so also what stands inside text; counting exactly would mean to
    parse every report again.
    """
    return 1 + sum(body.count(sign) for sign in (b",", b":", b"[", b"{"))
