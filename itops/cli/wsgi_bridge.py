"""Between the server's loop and a WSGI app: a request's environ, and its answer piece by piece.

The app works in threads; what is slow about a client, sending and fetching, is awaited on the loop.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextvars import Context, copy_context
from typing import Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # as documented

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[str, str]]

#: An answer up to this size is sent at once, a longer one as its pieces are made.
MOST_AT_ONCE = 256 * 1024
SERVER: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": False,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


def environ_of(scope: Any) -> dict[str, Any]:
    """Return the environ of a request, without its body."""
    name, _, port = scope.server.rpartition(":")
    environ = SERVER | {
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": name.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": address_of(scope),
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "wsgi.url_scheme": scope.scheme,
    }
    for field, value in scope.headers.items():
        if "_" in field:
            continue  # "x_forwarded_for" would pass for "x-forwarded-for"
        key = field.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
    return environ


def address_of(scope: Any) -> str:
    """Return the address that a request came from."""
    address: str = scope.client.rpartition(":")[0]
    return address.strip("[]")


def _latin(text: str) -> str:
    """Return a text as WSGI wants it: a character for each of its bytes."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


class Answer:
    """What a WSGI app answers; `begin` and `more` are called in a worker's thread."""

    def __init__(self, app: Wsgi, environ: dict[str, Any]) -> None:
        self.status = 500
        self.headers: Headers = []
        self.is_whole = False
        self._app, self._environ = app, environ
        self._parts: Iterable[bytes] = ()
        self._rest: Iterator[bytes] = iter(())

    def begin(self) -> bytes:
        """Let the app work; return the whole answer, or the beginning of a long one."""
        self._parts = self._app(self._environ, self._start)
        self._rest = iter(self._parts)
        return self.more()

    def more(self) -> bytes:
        """Return the next of the answer; `is_whole` says if it was the last."""
        found, size = [], 0
        try:
            while size < MOST_AT_ONCE:
                part = next(self._rest, None)
                if part is None:
                    self.is_whole = True
                    break
                found.append(part)
                size += len(part)
        except BaseException:
            self.close()
            raise
        if self.is_whole:
            self.close()
        return b"".join(found)

    def close(self) -> None:
        """Let the app clear up, in a worker's thread too."""
        parts, self._parts, self._rest = self._parts, (), iter(())
        if hasattr(parts, "close"):
            parts.close()

    def _start(self, status: str, headers: Headers, _trouble: Any = None) -> None:
        self.status, self.headers = int(status[:3]), headers


async def send(answer: Answer, proto: Any, pool: Executor) -> None:
    """Let the app answer in the threads of `pool`; who fetches slowly holds none of them."""
    loop, context = asyncio.get_running_loop(), copy_context()

    def worked(step: Callable[[], Any]) -> asyncio.Future[Any]:
        return loop.run_in_executor(pool, _in, context, step)

    body = await worked(answer.begin)
    if answer.is_whole:
        proto.response_bytes(answer.status, answer.headers, body)
        return
    stream = proto.response_stream(answer.status, answer.headers)
    try:
        await stream.send_bytes(body)
        while not answer.is_whole:
            await stream.send_bytes(await worked(answer.more))
    except ProtocolClosed:
        await worked(answer.close)


def _in(context: Context, step: Callable[[], Any]) -> Any:
    """Run a step of an answer in the context of its others, in whichever thread."""
    return context.run(step)
