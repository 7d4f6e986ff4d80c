"""One file of the spool: a head that names the spool, then one line a report, in order.

A file is written by the process that began it and by no other: after a restart a new one is begun,
so nothing ever stands behind a torn line. It appears under its name only with its head and its
first report on the disk. A file that is full and still waits is packed to about a tenth.
"""

from __future__ import annotations

import errno
import os
import re
import zlib

from itops_agent import config, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from itops_agent.records import Record

NAME = re.compile(r"(\d{15})\.log(\.gz)?")
HEAD = re.compile(rb"spool ([0-9a-f]{32})\n")
FULL_BYTES = 128 * 2**10


class Segment:
    """What is known of one file without reading it again."""

    def __init__(self, folder: str, first: int, spool: str) -> None:
        self.folder = folder
        self.first = self.last = first
        self.spool = spool
        self.seqs: list[int] = []
        self.done: set[int] = set()
        self.is_packed = False
        self.size = 0
        self._settled = 0  # up to here everything has arrived; it need not be read again

    @property
    def name(self) -> str:
        return f"{self.first:015d}.log"

    @property
    def path(self) -> str:
        return os.path.join(self.folder, self.name + (".gz" if self.is_packed else ""))

    @property
    def waiting(self) -> int:
        return len(self.seqs) - len(self.done)

    def records(self) -> list[Record]:
        """Return the reports that still wait, oldest first."""
        return [each for each in self._stored() if each.seq not in self.done]

    def _stored(self) -> Iterable[Record]:
        with open(self.path, "rb") as file:
            if self._settled:
                file.seek(self._settled)
                return records.decode_all(file.read())
            data = file.read()
        plain = zlib.decompress(data, 31) if self.is_packed else data
        head = HEAD.match(plain)
        return records.decode_all(plain[head.end() :]) if head else []

    def finish(self, seqs: Iterable[int]) -> None:
        self.done |= set(seqs) & set(self.seqs)
        if not self.waiting and not self.is_packed:
            self._settled = self.size

    def pack(self) -> None:
        """Replace the file by a packed one that holds only what waits."""
        kept = self.records()
        head = b"spool %s\n" % self.spool.encode()
        lines = [b"%08x %s\n" % (zlib.crc32(each.body), each.body) for each in kept]
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        data = packer.compress(head + b"".join(lines)) + packer.flush()
        plain = self.path
        self.is_packed = True
        self._settled = 0
        config.write_private(self.path, data, mode=0o600)
        if plain != self.path:
            os.unlink(plain)
        self.seqs = [each.seq for each in kept]
        self.done = set()
        self.size = len(data)

    def delete(self) -> None:
        os.unlink(self.path)


def begin(folder: str, spool: str, seq: int, report: bytes) -> Segment:
    """Make a new file with its first report, on the disk when this returns."""
    segment = Segment(folder, seq, spool)
    data = b"spool %s\n" % spool.encode() + records.encode(seq, report)
    config.write_private(segment.path, data, mode=0o600)
    segment.seqs.append(seq)
    segment.size = len(data)
    return segment


def append(segment: Segment, handle: int, seq: int, report: bytes) -> None:
    """Add a report, on the disk when this returns. Raise OSError with the file as it was."""
    line = records.encode(seq, report)
    try:
        write_all(handle, line)
        getattr(os, "fdatasync", os.fsync)(handle)
    except OSError:
        os.ftruncate(handle, segment.size)
        raise
    segment.seqs.append(seq)
    segment.last = seq
    segment.size += len(line)


def write_all(handle: int, line: bytes) -> None:
    """Write the whole line. Raise OSError if the disk takes only a part."""
    if os.write(handle, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def load(folder: str, name: str) -> Segment | None:
    """Return what a file holds; None if its head can't be read."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    segment = Segment(folder, int(match.group(1)), "")
    segment.is_packed = bool(match.group(2))
    try:
        with open(segment.path, "rb") as file:
            data = file.read()
        head = HEAD.match(zlib.decompress(data, 31) if segment.is_packed else data)
        segment.seqs = [each.seq for each in segment.records()]
    except (OSError, zlib.error):
        return None
    if head is None:
        return None
    segment.spool = head.group(1).decode()
    segment.size = len(data)
    segment.last = segment.seqs[-1] if segment.seqs else segment.first
    return segment


def names(folder: str) -> list[str]:
    """Return the files of the spool, oldest first, each once.

    A crash while packing leaves both forms behind; the packed one is whole, so it wins.
    """
    found = sorted(name for name in os.listdir(folder) if NAME.fullmatch(name))
    packed = {name[: -len(".gz")] for name in found if name.endswith(".gz")}
    for name in [each for each in found if each in packed]:
        os.unlink(os.path.join(folder, name))
        found.remove(name)
    return found
