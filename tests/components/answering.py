"""Real servers of the kinds that we send messages to: they keep what comes, and answer as told."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

GOOD = b'{"errcode":0,"errmsg":"ok"}'


@dataclass
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Web:
    """An HTTP server that answers every POST with `status` and `body`."""

    status: int = 200
    body: bytes = GOOD
    headers: dict[str, str] = field(default_factory=dict)
    #: It takes a request and closes without a word.
    is_mute: bool = False
    posted: list[Posted] = field(default_factory=list)
    #: What happens after a request came and before it is answered.
    when_taken: Callable[[], object] | None = None
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    url: str = ""


@contextmanager
def web(tls: tuple[Path, Path] | None = None) -> Iterator[Web]:
    """Run such a server on a free port of this machine."""
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.posted.append(Posted(self.path, dict(self.headers), body))
            self.close_connection = True
            if state.when_taken:
                state.when_taken()
            state.came.release()
            if state.is_mute or state.when_taken:
                return
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Post:
    """A mail server that keeps what comes; it refuses whom it is told to refuse."""

    port: int = 0
    letters: list[Envelope] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    #: What it says after the text of a mail; None: it hangs up.
    last_word: str | None = "250 kept"
    #: What happens after a letter was kept and before that is said.
    when_taken: Callable[[], object] | None = None
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def opened(self, at: int = 0) -> EmailMessage:
        """Return a letter that came, read as a mail program does."""
        content = self.letters[at].content
        assert isinstance(content, bytes)
        read = message_from_bytes(content, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server, _session, envelope, address, _options
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session, envelope: Envelope
    ) -> str:
        if self.last_word is None:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if self.last_word.startswith("250"):
            self.letters.append(envelope)
            if self.when_taken:
                self.when_taken()
            self.came.release()
        return self.last_word


def _knows(server, session, envelope, mechanism, given) -> AuthResult:
    good = isinstance(given, LoginPassword) and (given.login, given.password) == (
        b"itops",
        b"secret",
    )
    return AuthResult(success=good, handled=False)


@contextmanager
def post(tls: tuple[Path, Path] | None = None, *, wants_sign_in: bool = False) -> Iterator[Post]:
    """Run such a server on a free port; with `tls` it offers STARTTLS."""
    state = Post()
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)

    class OnFreePort(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                self.handler,
                hostname="sink",
                enable_SMTPUTF8=False,
                tls_context=context,
                require_starttls=bool(context),
                auth_required=wants_sign_in,
                auth_require_tls=bool(context),
                authenticator=_knows if wants_sign_in else None,
            )

        def _trigger_server(self) -> None:
            # It starts on any free port; the port is only known now.
            assert isinstance(self.server, asyncio.Server)
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = OnFreePort(state, hostname="127.0.0.1", port=0)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()
