"""One connection to the server: open it, post over it, all of it before a deadline.

A small HTTP/1.1 client of its own, because http.client keeps 1.5 MiB and gives each read the
whole time limit anew: a server that sends a byte a second would hold it for hours.
"""

from __future__ import annotations

import base64
import socket

from itops_agent import clock
from itops_agent.errors import NoAnswer
from itops_agent.sending import address
from itops_agent.sending.messages import MAX_HEAD, Response, parse_head, request_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from itops_agent.sending.address import Address, Proxy

CONNECT_SECONDS = 10.0
MAX_BODY = 2**20


class Connection:
    """A connection that is used again while the server keeps it."""

    def __init__(
        self,
        server: Address,
        *,
        proxy: Proxy | None = None,
        context: Callable[[], ssl.SSLContext] | None = None,
        seconds: float = 30.0,
    ) -> None:
        self._server = server
        self._proxy = proxy
        self._context = context
        self._tls: ssl.SSLContext | None = None
        self._session: ssl.SSLSession | None = None
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._deadline = 0.0

    def post(
        self, path: str, body: bytes, headers: dict[str, str], *, seconds: float | None = None
    ) -> Response:
        """Return the server's answer. Raise NoAnswer if none came in time; then nothing is known.

        Over a kept connection that the server has meanwhile closed, it is sent once more.
        """
        self._deadline = clock.ticks() + (seconds or self._seconds)
        was_kept = self._socket is not None
        try:
            return self._exchange(path, body, headers)
        except (OSError, ValueError) as error:
            self.close()
            if not (was_kept and isinstance(error, (ConnectionError, BrokenPipeError))):
                raise trouble(error, self._server.url) from error
        try:
            return self._exchange(path, body, headers)
        except (OSError, ValueError) as error:
            self.close()
            raise trouble(error, self._server.url) from error

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, path: str, body: bytes, headers: dict[str, str]) -> Response:
        if self._socket is None:
            self._socket = self._open()
        length = {"Host": self._server.netloc, "Content-Length": str(len(body)), **headers}
        self._send(self._socket, request_head("POST", self._server.prefix + path, length) + body)
        response = self._receive(self._socket)
        if not response.keeps_alive:
            self.close()
        return response

    # --- opening ---

    def _open(self) -> socket.socket:
        """Return a connected socket, through the proxy and TLS where they are wanted."""
        target = self._proxy or self._server
        limit = min(CONNECT_SECONDS, self._left())
        plain = socket.create_connection((target.host, target.port), timeout=limit)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._proxy:
                self._tunnel(plain, self._proxy)
            if self._server.is_tls:
                return self._secured(plain)
            refuse_strangers(plain)
        except BaseException:
            plain.close()
            raise
        return plain

    def _tunnel(self, plain: socket.socket, proxy: Proxy) -> None:
        host = f"[{self._server.host}]" if ":" in self._server.host else self._server.host
        target = f"{host}:{self._server.port}"
        headers = {"Host": target}
        if proxy.user:
            word = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
            headers["Proxy-Authorization"] = f"Basic {word}"
        self._send(plain, request_head("CONNECT", target, headers))
        head, _ = self._read_head(plain)
        status, _ = parse_head(head)
        if status != 200:
            raise ConnectionRefusedError(f"the proxy answered {status}")

    def _secured(self, plain: socket.socket) -> socket.socket:
        """Shake hands; a session of before saves the server and us most of the work."""
        if self._tls is None:
            assert self._context is not None  # noqa: S101  (the caller gives one for https)
            self._tls = self._context()
        plain.settimeout(self._left())
        return self._tls.wrap_socket(
            plain, server_hostname=self._server.host, session=self._session
        )

    # --- sending and receiving, each step within what is left of the deadline ---

    def _left(self) -> float:
        left = self._deadline - clock.ticks()
        if left <= 0:
            raise socket.timeout("the time limit is over")
        return left

    def _send(self, link: socket.socket, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            link.settimeout(self._left())
            rest = rest[link.send(rest[: 64 * 1024]) :]

    def _read_some(self, link: socket.socket) -> bytes:
        link.settimeout(self._left())
        return link.recv(64 * 1024)

    def _read_head(self, link: socket.socket) -> tuple[bytes, bytes]:
        """Return the head and what already came of the body."""
        data = b""
        while b"\r\n\r\n" not in data:
            some = self._read_some(link)
            if not some:
                raise ConnectionResetError("closed before the answer")
            data += some
            if len(data) > MAX_HEAD:
                raise ValueError("the answer's head is too long")
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def _receive(self, link: socket.socket) -> Response:
        head, rest = self._read_head(link)
        status, headers = parse_head(head)
        while status == 100:
            head, rest = self._read_head(link) if b"\r\n\r\n" not in rest else split(rest)
            status, headers = parse_head(head)
        response = Response(status, headers, rest)
        while not response.is_complete:
            some = self._read_some(link)
            if not some:
                response.end()
                break
            response.feed(some)
            if len(response.raw) > MAX_BODY:
                raise ValueError("the answer is too long")
        self._remember_session(link)
        return response

    def _remember_session(self, link: socket.socket) -> None:
        session = getattr(link, "session", None)
        if session is not None:
            self._session = session


def refuse_strangers(plain: socket.socket) -> None:
    """Raise ConnectionRefusedError unless plain http stays on this machine."""
    if not address.is_loopback(plain.getpeername()[0]):
        raise ConnectionRefusedError("plain http goes to this machine only")


def split(data: bytes) -> tuple[bytes, bytes]:
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def trouble(error: Exception, url: str) -> NoAnswer:
    """Say in our words why no answer came."""
    if isinstance(error, socket.gaierror):
        return NoAnswer("net.name", url=url)
    if isinstance(error, (socket.timeout, TimeoutError)):
        return NoAnswer("net.timeout", url=url)
    if hasattr(error, "verify_message"):
        return NoAnswer("net.certificate", url=url, why=error.verify_message)
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return NoAnswer("net.connection", url=url, why=why)
