"""A server for the agent's tests: the contract's answers over a real socket, and faults on demand.

It knows nothing of the agent's code, and runs under every Python that the agent runs under.
"""

from __future__ import annotations

import collections
import json
import socket
import struct
import threading
import time
import zlib
from typing import Any

BAD_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Receiver:
    """Answers on a free port of this machine until closed.

    `faults` is a list that is used up, one for each request: a function of the receiver, the
    connection and the request's body, which answers in its own way; None is the normal answer.
    """

    def __init__(self, context=None):
        self.faults: collections.deque[Any] = collections.deque()
        self.bodies = []
        self.paths = []
        self.connections = 0
        self.stored = {}  # (spool, seq) -> report, as a server keeps it
        self.deliveries: collections.Counter[Any] = collections.Counter()
        self.refusals = {}  # seq -> reason
        self.on_store = lambda: None
        self.clock_ahead = 0.0
        self.enrolment = "approved"
        self.inventory_wanted = False
        self.codes = {"good-code"}
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = False
        self._open = []
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def close(self):
        if not self._closing:
            self._closing = True
            self._listener.shutdown(socket.SHUT_RDWR)  # else a waiting accept takes one more
            self._listener.close()
        for link in list(self._open):
            link.close()

    def reports(self):
        """Return what is stored, in the order of the numbers."""
        return [self.stored[key] for key in sorted(self.stored)]

    def _accept(self):
        while not self._closing:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        self._open.append(link)
        try:
            link.settimeout(30)
            if self._context:
                link = self._context.wrap_socket(link, server_side=True)
            file = link.makefile("rb")
            while self._one_request(link, file):
                pass
        except (OSError, ValueError):
            pass
        finally:
            link.close()

    def _one_request(self, link, file):
        first = file.readline()
        if not first:
            return False
        headers = {}
        while True:
            line = file.readline().strip().decode()
            if not line:
                break
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", 0)))
        self.paths.append(first.split()[1].decode())
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return fault(self, link, body)
        self.answer(link, *self.usual(self.paths[-1], headers, body))
        return True

    def usual(self, path, headers, body):
        """Return status and body of the contract's answer."""
        plain = zlib.decompress(body, 31) if headers.get("content-encoding") == "gzip" else body
        asked = json.loads(plain)
        self.bodies.append(asked)
        if path.endswith("/enroll"):
            return self.enrol(asked)
        if not headers.get("authorization", "").startswith("Bearer "):
            return 401, problem(401)
        return 200, self.take(asked)

    def enrol(self, asked):
        if asked["code"] not in self.codes:
            return 403, problem(403, "enrol.code_refused")
        key = {"host": "ab" * 16, "key": "secret-key", "enrolment": self.enrolment}
        return 201, {**key, "server_time": time.time() + self.clock_ahead}

    def take(self, asked):
        told: dict[str, list[Any]] = {"accepted": [], "already": [], "refused": []}
        for report in asked["reports"]:
            seq = report["seq"]
            if seq in self.refusals:
                told["refused"].append({"seq": seq, "key": self.refusals[seq], "message": "no"})
                continue
            key = (asked["spool"], seq)
            self.deliveries[key] += 1
            if key in self.stored and self.stored[key] != report:
                told["refused"].append({"seq": seq, "key": "report.differs", "message": "clone"})
                continue
            told["already" if key in self.stored else "accepted"].append(seq)
            self.stored[key] = report
        self.on_store()
        return {
            **told,
            "server_time": time.time() + self.clock_ahead,
            "enrolment": self.enrolment,
            "inventory_wanted": self.inventory_wanted,
        }

    def answer(self, link, status, told, headers=()):
        body = json.dumps(told).encode()
        kind = "application/json" if status < 400 else "application/problem+json"
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        link.sendall("\r\n".join([*lines, *headers, "", ""]).encode() + body)


def problem(status, key="x"):
    return {"type": "about:blank", "title": "no", "status": status, "detail": "no", "key": key}


# --- faults: each is a function of (receiver, link, body) and returns whether to go on ---


def drop(_receiver, link, _body):
    """Close without a word."""
    link.close()
    return False


def reset(_receiver, link, _body):
    """Reset the connection before the answer."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    return False


def half_open(_receiver, _link, _body):
    """Keep the connection and say nothing."""
    time.sleep(3)
    return False


def store_then(fault):
    """Store the reports as usual, then break before the answer."""

    def broken(receiver, link, body):
        receiver.usual(
            "/api/v1/reports", {"content-encoding": "gzip", "authorization": "Bearer x"}, body
        )
        return fault(receiver, link, body)

    return broken


def slowly(_receiver, link, _body):
    """Answer at twenty bytes a second."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
        link.sendall(bytes([byte]))
        time.sleep(0.05)
    return False


def page(status):
    """Answer with a proxy's page."""

    def answer(_receiver, link, _body):
        head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n"
        link.sendall(f"{head}Content-Length: {len(BAD_PAGE)}\r\n\r\n".encode() + BAD_PAGE)
        return True

    return answer


def refuse(status, *headers):
    """Answer with the server's own problem document."""

    def answer(receiver, link, _body):
        receiver.answer(link, status, problem(status), headers)
        return True

    return answer


def cut(_receiver, link, _body):
    """Announce more than is sent, then close."""
    link.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"accepted":[1')
    link.close()
    return False


def chunked(receiver, link, body):
    """Answer rightly, but in chunks."""
    headers = {"content-encoding": "gzip", "authorization": "Bearer x"}
    told = json.dumps(receiver.usual("/api/v1/reports", headers, body)[1]).encode()
    link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(told), 7):
        piece = told[at : at + 7]
        link.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    link.sendall(b"0\r\n\r\n")
    return True
