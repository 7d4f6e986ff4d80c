"""Whoever sends slowly waits without a worker: threads of two kinds, one of them plentiful.

The server hands a request to a thread when its head is there, and the thread then waits for the
body for as long as the client likes. So there are many threads, and a worker's place is held only
while there is something to do; those who wait are counted, all and by address.
"""

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import msgspec
from werkzeug.exceptions import ClientDisconnected

from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Message
from itops.i18n import best_language

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: Bodies that may be awaited at once, and those of one address: a machine that opens hundreds
#: shuts out itself, and a site behind one address has room.
MOST_WAITING, MOST_OF_ADDRESS = 256, 64
#: Threads beyond workers and waiting bodies: requests in line for a worker.
IN_LINE = 64
#: A peer that is gone (pulled plug, dead line) is found out after about two minutes.
SILENT_SECONDS, ASK_SECONDS, ASK_TIMES = 60, 15, 4
#: Where Linux lists the open files of a process.
FILES = Path("/proc/self/fd")


class SlowClients:
    """A WSGI app that lets `most_working` requests into another one, and the slow ones wait."""

    def __init__(
        self, app: Wsgi, *, most_working: int, language: str, is_behind_proxy: bool = False
    ) -> None:
        self._app = app
        self._language = language
        self._most_of_address = MOST_WAITING if is_behind_proxy else MOST_OF_ADDRESS
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(most_working):
            self._places.put(None)
        self._waiting: Counter[str] = Counter()
        self._all_waiting = 0
        self._lock = Lock()
        self._is_first = True

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self._is_first:
            self._is_first = False
            find_out_the_gone()
        if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
            if self._is_full(environ.get("REMOTE_ADDR", "")):
                return self._come_again(environ, start_response)
            environ["wsgi.input"] = Body(environ["wsgi.input"], self, environ)
        self._places.get()
        try:
            return self._app(environ, start_response)
        finally:
            self._places.put(None)

    def awaited(self, read: Callable[..., bytes], size: tuple[int, ...], address: str) -> bytes:
        """Return what a client sends, while others work in this one's place."""
        self._count(address, 1)
        self._places.put(None)
        try:
            return read(*size)
        finally:
            self._count(address, -1)
            self._places.get()

    def _count(self, address: str, change: int) -> None:
        with self._lock:
            self._all_waiting += change
            self._waiting[address] += change
            if not self._waiting[address]:
                del self._waiting[address]

    def _is_full(self, address: str) -> bool:
        is_full = self._all_waiting >= MOST_WAITING
        return is_full or self._waiting.get(address, 0) >= self._most_of_address

    def _come_again(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        language = best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self._language)
        body = msgspec.json.encode(document(503, Message("problem.503.title"), language))
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            "Retry-After": "10",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        start_response("503 Service Unavailable", list(headers.items()))
        return [body]


class Body:
    """The body of a request; reading it takes nobody's place, and all of it must come."""

    def __init__(self, stream: Any, clients: SlowClients, environ: dict[str, Any]) -> None:
        self._stream, self._clients = stream, clients
        self._address = environ.get("REMOTE_ADDR", "")
        length = environ.get("CONTENT_LENGTH", "")
        self._left = int(length) if length.isdecimal() else None

    def read(self, *size: int) -> bytes:
        return self._counted(self._clients.awaited(self._stream.read, size, self._address))

    def readline(self, *size: int) -> bytes:
        return self._counted(self._clients.awaited(self._stream.readline, size, self._address))

    def _counted(self, chunk: bytes) -> bytes:
        """Return what came. Raise ClientDisconnected at an end before the length was reached:
        the fields of half a form must not pass for those that a person left empty.
        """
        if self._left is not None:
            if not chunk and self._left > 0:
                raise ClientDisconnected
            self._left -= len(chunk)
        return chunk


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
