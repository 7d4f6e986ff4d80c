"""Servers that misbehave: one function a connection, each on a thread of its own."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import paramiko

#: What a server does with a connection, until `over` is set.
Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[int]:
    """Give the port of a server that behaves so on every connection."""
    over = threading.Event()
    lines: list[socket.socket] = []

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=handle, args=(line,), daemon=True).start()

    def handle(line: socket.socket) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            behave(line, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,), daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
    accepting.join(5)
    for line in lines:
        line.close()


@contextmanager
def unanswered() -> Iterator[int]:
    """Give a port whose queue is full: a further connection gets no answer at all."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
            fillers.append(filler)
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


def silent(line: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def saying(text: bytes, *, then: Behaviour = silent) -> Behaviour:
    def behave(line: socket.socket, over: threading.Event) -> None:
        line.sendall(text)
        then(line, over)

    return behave


def trickling(text: bytes, *, every_seconds: float = 0.1) -> Behaviour:
    """Send one byte at a time, and begin again at the end."""

    def behave(line: socket.socket, over: threading.Event) -> None:
        while True:
            for byte in text:
                line.sendall(bytes([byte]))
                if over.wait(every_seconds):
                    return

    return behave


def endless(part: bytes) -> Behaviour:
    def behave(line: socket.socket, over: threading.Event) -> None:
        while not over.is_set():
            line.sendall(part)

    return behave


def resetting(line: socket.socket, over: threading.Event) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


class Stalling(paramiko.ServerInterface):
    """An SSH server in Python that stops at one stage, or lets a password in."""

    def __init__(
        self, stage: str, over: threading.Event, password: str, says: str = "hello\n"
    ) -> None:
        self.stage, self.over, self.password, self.says = stage, over, password, says
        self.seen: list[str] = []

    def stall(self, stage: str) -> None:
        self.seen.append(stage)
        if self.stage == stage:
            self.over.wait(60)

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.stall("auth")
        return int(paramiko.common.AUTH_SUCCESSFUL)

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = password == self.password
        common = paramiko.common
        return int(common.AUTH_SUCCESSFUL if is_right else common.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self.stall("channel")
        if self.stage == "no_channel":
            return int(paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)
        return int(paramiko.common.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.stall("exec")
        if self.stage == "no_exec":
            return False
        threading.Timer(0.02, answer, (channel, self.says)).start()
        return True


def answer(channel: paramiko.Channel, says: str) -> None:
    with suppress(OSError, paramiko.SSHException):
        channel.sendall(says.encode())
        channel.send_exit_status(0)
        channel.shutdown_write()
        channel.close()


def ssh_stalling(
    key: paramiko.PKey, stage: str, password: str = "", says: str = "hello\n"
) -> Behaviour:
    """Return a server with this host key that stops at `stage`, or `says` something."""

    def behave(line: socket.socket, over: threading.Event) -> None:
        transport = paramiko.Transport(line)
        transport.add_server_key(key)
        transport.start_server(server=Stalling(stage, over, password, says))
        over.wait(60)
        transport.close()

    return behave
