"""One report as it stands in the spool: a line with its check sum, its number first.

5a1c0b7e {"seq":7,"kind":"health","taken_at":1795376039.2,…}
"""

from __future__ import annotations

import re
import zlib

from itops_agent import bounds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = re.compile(rb'\{"seq":(\d{1,18}),"kind":"([a-z]{1,20})"')


class Record:
    """A numbered report, in the bytes that will be sent."""

    __slots__ = ("body", "kind", "nodes", "seq")

    def __init__(self, seq: int, kind: str, body: bytes) -> None:
        self.seq = seq
        self.kind = kind
        self.body = body
        self.nodes = bounds.nodes(body)


def encode(seq: int, report: bytes) -> bytes:
    """Return the line for a report (a JSON object that begins with its kind)."""
    body = b'{"seq":%d,' % seq + report[1:]
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> Record | None:
    """Return the record of a whole line; None if the line was torn or damaged."""
    body = line[9:].rstrip(b"\n")
    head = HEAD.match(body)
    if head is None or line[:9] != b"%08x " % zlib.crc32(body):
        return None
    return Record(int(head.group(1)), head.group(2).decode(), body)


def decode_all(lines: bytes) -> Iterator[Record]:
    """Give the whole records among these lines."""
    for line in lines.splitlines(keepends=True):
        record = decode(line) if line.endswith(b"\n") else None
        if record is not None:
            yield record
