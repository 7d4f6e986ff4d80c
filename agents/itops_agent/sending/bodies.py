"""Puts reports into the body of a request, packed."""

from __future__ import annotations

import json
import zlib

from itops_agent import __version__, bounds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.records import Record

SCHEMA = 1
GZIP = 16  # tells zlib to write gzip's head and tail
SMALL_BYTES = 16 * 1024
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
    """Return the body as gzip; a small one with small tables, which cost less to set up."""
    is_small = len(body) < SMALL_BYTES
    window, memory = (12, 5) if is_small else (15, 8)
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP + window, memory)
    return packer.compress(body) + packer.flush()


def is_too_big(body: bytes) -> bool:
    return len(body) > bounds.WIRE_BYTES
