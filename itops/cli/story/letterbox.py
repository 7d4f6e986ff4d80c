"""The story's mail server: it takes every letter, and keeps for whom it was."""

import socketserver
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Letter:
    """One mail as it came: for whom, and its text."""

    recipients: tuple[str, ...]
    text: str


class _Talk(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs that only hands letters over."""

    def handle(self) -> None:
        self._say("220 letterbox")
        self.recipients: list[str] = []
        while line := self.rfile.readline(2000):
            word = line.decode("utf-8", "replace").strip()
            verb = word[:4].upper()
            if verb == "RCPT":
                self.recipients.append(word.partition("<")[2].partition(">")[0])
            if verb == "DATA":
                self._take()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline(10_000)) not in (b".\r\n", b""):
            lines.append(line)
        text = b"".join(lines).decode("utf-8", "replace")
        letters: list[Letter] = self.server.letters  # type: ignore[attr-defined]
        letters.append(Letter(tuple(self.recipients), text))
        self.recipients = []
        self._say("250 kept")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@dataclass
class Letterbox:
    """A mail server on a free port of this machine, in a thread of this process."""

    letters: list[Letter] = field(default_factory=list)
    server: _Server | None = None

    def start(self) -> None:
        self.server = _Server(("127.0.0.1", 0), _Talk)
        self.server.letters = self.letters  # type: ignore[attr-defined]
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def port(self) -> int:
        if self.server is None:
            return 0
        port: int = self.server.server_address[1]
        return port

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
