"""Whoever sends slowly costs no thread: bodies are awaited, and those who wait are counted.

They are counted all and by address, and so are the bytes of what is there by then.
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from granian.rsgi import (  # type: ignore[attr-defined]  # as documented
    ProtocolClosed,
    ProtocolError,
)

from itops.errors import Invalid

#: Bodies that may be awaited at once, and those of one address: a machine that opens hundreds
#: shuts out itself, and a site behind one address has room.
MOST_WAITING, MOST_OF_ADDRESS = 1024, 128
#: Bytes that all bodies that are awaited may announce together.
MOST_ANNOUNCED = 512 * 1024 * 1024
#: Bodies up to this size are kept in memory while they come.
MOST_IN_MEMORY = 1024 * 1024
#: A peer that is gone (pulled plug, dead line) is found out after about two minutes.
SILENT_SECONDS, ASK_SECONDS, ASK_TIMES = 60, 15, 4
#: Where Linux lists the open files of a process.
FILES = Path("/proc/self/fd")


class FullError(Exception):
    """So many bodies are awaited that this one can't be."""


class CutShortError(Invalid):
    """A client left before all of its body was here."""

    def __init__(self) -> None:
        super().__init__("report.cut_short", field="Content-Length")


def check_whole(size: int, length: int | None) -> None:
    """Raise CutShortError if a body is not as long as it said."""
    if length is not None and size != length:
        raise CutShortError


class SlowClients:
    """Awaits bodies. All of it happens on the server's loop, so nothing is locked."""

    def __init__(
        self, *, is_behind_proxy: bool = False, most_announced: int = MOST_ANNOUNCED
    ) -> None:
        self._most_announced = most_announced
        self._most_of_address = MOST_WAITING if is_behind_proxy else MOST_OF_ADDRESS
        self._waiting: Counter[str] = Counter()
        self._all_waiting = 0
        self._announced = 0

    async def whole(self, proto: Any, address: str, length: int | None, *, most: int) -> bytes:
        """Return a body of at most `most` bytes, or one byte more than that.

        Raise FullError, or CutShortError.
        """
        if length is None or length > most:
            with await self.file(proto, address, length, most=most) as file:
                return file.read()
        if length == 0:
            return b""
        with self._counted(address, length):
            body: bytes = await proto()
        check_whole(len(body), length)
        return body

    async def file(self, proto: Any, address: str, length: int | None, *, most: int) -> IO[bytes]:
        """Return a body in a file, of which no more than a piece beyond `most` bytes is read.

        A body that says itself that it is larger is not read at all. Raise as `whole` does.
        """
        if length == 0 or (length or 0) > most:
            return BytesIO()
        file: IO[bytes] = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115 - the caller's
        try:
            with self._counted(address, most if length is None else length):
                async for chunk in proto:
                    file.write(chunk)
                    if file.tell() > most:
                        break
            check_whole(file.tell(), length)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    @contextmanager
    def _counted(self, address: str, size: int) -> Iterator[None]:
        """Count who is awaited. Raise FullError, or CutShortError for who leaves."""
        if (
            self._all_waiting >= MOST_WAITING
            or self._waiting[address] >= self._most_of_address
            or self._announced + size > self._most_announced
        ):
            raise FullError
        self._count(address, 1, size)
        try:
            yield
        except (ProtocolClosed, ProtocolError):
            raise CutShortError from None
        finally:
            self._count(address, -1, -size)

    def _count(self, address: str, change: int, size: int) -> None:
        self._all_waiting += change
        self._announced += size
        self._waiting[address] += change
        if not self._waiting[address]:
            del self._waiting[address]


def find_out_the_gone() -> None:
    """Let the system ask after silent peers of every connection that this process accepts.

    The server opens its listening socket by itself, so it is looked for among our files; the
    connections that it accepts inherit what is set on it.
    """
    for link in list(FILES.iterdir()) if FILES.is_dir() else ():
        with suppress(OSError):
            # Of sockets only: to close a second handle of a database drops SQLite's locks on it.
            if link.readlink().as_posix().startswith("socket:"):
                _ask_after_peers(int(link.name))


def _ask_after_peers(number: int) -> None:
    with socket.socket(fileno=os.dup(number)) as listener:
        if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENT_SECONDS)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, ASK_SECONDS)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, ASK_TIMES)
