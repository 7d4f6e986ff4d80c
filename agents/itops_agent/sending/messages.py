"""The little of HTTP/1.1 that a client needs to post and to read an answer."""

from __future__ import annotations

from itops_agent import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD = 64 * 1024


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request. Raise ValueError for a header that would break out of it."""
    lines = [f"{method} {target} HTTP/1.1", f"User-Agent: itops-agent/{__version__}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in a header")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and the headers by lower-case name. Raise ValueError if it isn't HTTP."""
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ValueError("this is not HTTP")
    pairs = (line.partition(":") for line in rest)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


class Response:
    """An answer as it comes in: counted, in chunks, or until the connection ends."""

    def __init__(self, status: int, headers: Mapping[str, str], raw: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.raw = raw
        self._has_ended = False
        self._is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        self._length = int(length) if length.isdigit() and not self._is_chunked else None
        if status in (204, 304):
            self._length = 0

    def feed(self, some: bytes) -> None:
        self.raw += some

    def end(self) -> None:
        """Note that the connection has ended. Raise ConnectionError if that is too early."""
        self._has_ended = True
        if self._is_chunked or self._length is not None:
            raise ConnectionResetError("closed in the middle of the answer")

    @property
    def is_complete(self) -> bool:
        if self._is_chunked:
            return unchunked(self.raw) is not None
        if self._length is not None:
            return len(self.raw) >= self._length
        return self._has_ended

    @property
    def body(self) -> bytes:
        if self._is_chunked:
            return unchunked(self.raw) or b""
        return self.raw[: self._length]

    @property
    def keeps_alive(self) -> bool:
        is_counted = self._is_chunked or self._length is not None
        return is_counted and self.headers.get("connection", "").lower() != "close"

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def unchunked(raw: bytes) -> bytes | None:
    """Return the body of chunks; None while some are missing. Raise ValueError if wrong."""
    parts: list[bytes] = []
    while True:
        line, found, rest = raw.partition(b"\r\n")
        if not found:
            return None
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return b"".join(parts) if rest.startswith(b"\r\n") or b"\r\n\r\n" in rest else None
        if len(rest) < size + 2:
            return None
        parts.append(rest[:size])
        raw = rest[size + 2 :]
