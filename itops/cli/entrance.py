"""Where every request comes in: reports are taken on the server's loop, pages work in threads.

A request that waits, for its body, for a commit or for who fetches slowly, holds no thread; and
what takes no time worth speaking of is not handed from thread to thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import SEEK_END
from typing import IO, Any

import msgspec

from itops.api.reports import ALWAYS, PATH, Reports
from itops.cli.company import Company
from itops.cli.slow_clients import CutShortError, FullError, SlowClients, find_out_the_gone
from itops.cli.wsgi_bridge import Answer, Headers, Wsgi, address_of, environ_of, send
from itops.documents.problem import CONTENT_TYPE, document
from itops.errors import Message
from itops.i18n import best_language
from itops.views.answering.door import HTTPS_ONLY

#: The headers that a report's road looks at.
LOOKED_AT = (
    ("authorization", "HTTP_AUTHORIZATION"),
    ("content-encoding", "HTTP_CONTENT_ENCODING"),
    ("content-length", "CONTENT_LENGTH"),
    ("accept-language", "HTTP_ACCEPT_LANGUAGE"),
)


class Entrance:
    """An RSGI app around our WSGI app; `most_working` requests for pages at once."""

    def __init__(
        self,
        app: Wsgi,
        reports: Reports,
        *,
        most_working: int,
        most_bytes: int,
        proxies: int,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._app, self._reports, self._at_end = app, reports, at_end
        self._most_bytes = most_bytes
        self._proxies = proxies
        self._clients = SlowClients(is_behind_proxy=bool(proxies))
        self._company = Company()
        self._pool = ThreadPoolExecutor(most_working, thread_name_prefix="request")

    def __rsgi_init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        find_out_the_gone()

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Hear that the last request is answered and the process ends."""
        self._at_end()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.path == PATH:
            await self._company.gathered()
            await self._report(scope, proto)
            return
        environ = environ_of(scope)
        try:
            file = await self._body(scope, proto, environ)
        except FullError:
            status, headers, body = self._come_again(environ)
            proto.response_bytes(status, [*headers, *https_only(scope)], body)
        except CutShortError:
            proto.response_empty(400, [*ALWAYS, *https_only(scope)])
        else:
            with file:
                await send(Answer(self._app, environ | {"wsgi.input": file}), proto, self._pool)

    async def _body(self, scope: Any, proto: Any, environ: dict[str, Any]) -> IO[bytes]:
        """Return the body; from now on its length stands in `environ`, however it was sent."""
        is_in_chunks = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
        given = environ.get("CONTENT_LENGTH", "" if is_in_chunks else "0")
        length = int(given) if given.isdecimal() else None
        address = address_of(scope)
        file = await self._clients.file(proto, address, length, most=self._most_bytes)
        if length is None:
            environ["CONTENT_LENGTH"] = str(file.seek(0, SEEK_END))
            file.seek(0)
        return file

    async def _report(self, scope: Any, proto: Any) -> None:
        """Take a body of reports: what it costs is mostly here, so it isn't handed on."""
        address, get = address_of(scope), scope.headers.get
        environ = {"REQUEST_METHOD": scope.method, "REMOTE_ADDR": self._reporter(address, get)}
        for field, key in LOOKED_AT:
            if value := get(field):
                environ[key] = value

        async def read(length: int | None, most: int) -> bytes:
            return await self._clients.whole(proto, address, length, most=most)

        try:
            status, body, headers = await self._reports.answered(environ, read, self._pool)
        except FullError:
            status, headers, body = self._come_again(environ)
        proto.response_bytes(status, [*headers, *https_only(scope)], body)

    def _reporter(self, address: str, header: Callable[[str], str | None]) -> str:
        """Return the address of who reports, as the proxies in front of us tell it."""
        if self._proxies and (said := header("x-forwarded-for")):
            hops = [hop.strip() for hop in said.split(",")]
            if len(hops) >= self._proxies and hops[-self._proxies]:
                return hops[-self._proxies]
        return address

    def _come_again(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        language = best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self._reports.language)
        body = msgspec.json.encode(document(503, Message("problem.503.title"), language))
        headers = [("Content-Type", CONTENT_TYPE), ("Retry-After", "10"), *ALWAYS]
        return 503, headers, body


def https_only(scope: Any) -> Headers:
    """Return the header that keeps a browser from ever coming without encryption."""
    return [("Strict-Transport-Security", HTTPS_ONLY)] if scope.scheme == "https" else []
