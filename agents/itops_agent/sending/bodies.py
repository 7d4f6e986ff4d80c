"""Puts reports into the body of a request, packed."""

from __future__ import annotations

import json
import zlib

from itops_agent import __version__, bounds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.records import Record

SCHEMA = 1
HEADERS = {
    "Content-Type": "application/json",
    "Content-Encoding": "gzip",
    "Accept": "application/json, application/problem+json",
}


def reports(spool: str, batch: list[Record], *, machine: str, at: float) -> bytes:
    """Return the packed body. The reports go in as they stand in the spool, byte for byte."""
    head = {
        "schema": SCHEMA,
        "spool": spool,
        "machine": machine,
        "agent": __version__,
        "sent_at": round(at, 3),
    }
    start = json.dumps(head, separators=(",", ":"))[:-1].encode()
    return packed(start + b',"reports":[' + b",".join(each.body for each in batch) + b"]}")


def packed(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def is_too_big(body: bytes) -> bool:
    return len(body) > bounds.WIRE_BYTES
