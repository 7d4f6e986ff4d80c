"""Streams that are read to their end in blocks, as long as they are no bombs and there is time."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from itops.clock import monotonic
from itops.remote.backups.faults import Damaged, OutOfTime

BLOCK = 1 << 20
#: A stream that unpacks to more than this many times its size is a bomb and not a backup: texts of
#: databases pack to a tenth, nothing but zeros to a thousandth.
MOST_RATIO = 250
SOME = 64 << 20


class _Gzip(gzip.GzipFile):
    """A gzip file whose faults are told as damage."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise Damaged("tool_says", why=str(error)[:200]) from None


def open_gzip(path: Path) -> gzip.GzipFile:
    """Return the unpacked content of a file. Reading raises Damaged where it is not whole."""
    return _Gzip(path)


def blocks(file: Any, ends: float, *, size: int = 0, before: int = 0) -> Iterator[bytes]:
    """Yield a stream to its end. Given the packed size of all, raise Damaged at a bomb."""
    read = before
    while block := file.read(BLOCK):
        read += len(block)
        if monotonic() > ends:
            raise OutOfTime(program="itops")
        if size and read > max(SOME, size * MOST_RATIO):
            raise Damaged("bomb")
        yield block
