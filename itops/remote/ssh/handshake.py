"""Agreeing on keys with an SSH server: its greeting, its methods, and nothing about ourselves."""

import logging
import select
import socket
import threading
from contextlib import suppress

import paramiko
from paramiko.packet import Packetizer

from itops.remote.errors import ClosedEarly, Incompatible, NotSpoken, RemoteError, TimedOut
from itops.remote.limits import Deadline, RemoteLimits
from itops.remote.sockets import connect, reasons
from itops.remote.ssh.target import HostKey

#: paramiko tells its log what we tell the caller, with tracebacks.
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)

KEX = (
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
)
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
#: Lines before the version are allowed (RFC 4253, 4.2), but no novel.
LONGEST_BANNER = 8192
#: As OpenSSH's own limit; paramiko has none.
LONGEST_PACKET = 256 * 1024
#: So much of what has come is taken at once.
AHEAD = 16 * 1024


class BoundedPacketizer(Packetizer):
    """Reads packets, but none that a hostile server made of gigabytes."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002 - theirs
        if n > LONGEST_PACKET:
            raise paramiko.SSHException("packet too long")
        data: bytes = super().read_all(n, check_rekey)
        return data


class ReadAhead(socket.socket):
    """A socket that is asked once for what has come: theirs asks it for each piece of a packet.

    A short answer is six packets of two pieces, and each asking changes threads twice.
    """

    def __init__(self, made: socket.socket) -> None:
        timeout = made.gettimeout()
        super().__init__(fileno=made.detach())
        self.settimeout(timeout)
        self._left = b""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Return at most `size` bytes; wait for some if none are there."""
        if flags:
            return super().recv(size, flags)
        if not self._left:
            self._left = super().recv(max(size, AHEAD))
        taken, self._left = self._left[:size], self._left[size:]
        return taken


class Connection(paramiko.Transport):
    """A connection whose thread sleeps while nothing comes, and is woken to end."""

    #: Theirs looks ten times a second whether it should end: 4 % of a core for 200 idle ones.
    _active_check_timeout = 30.0

    def close(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        super().close()


def shaken_hands(
    address: str,
    port: int,
    expected: HostKey | None,
    limits: RemoteLimits,
    deadline: Deadline,
) -> paramiko.Transport:
    """Return a connection whose keys are agreed on, and nothing more."""
    made = ReadAhead(connect(address, port, deadline.within(limits.connect_seconds)))
    try:
        wait_for_banner(made, deadline.within(limits.banner_seconds))
        transport = Connection(
            ReadAhead(made),
            packetizer_class=BoundedPacketizer,
            default_window_size=limits.output_bytes * 2,
        )
    except BaseException:
        made.close()
        raise
    try:
        agree(transport, expected, deadline.within(limits.handshake_seconds))
    except BaseException:
        transport.close()
        raise
    return transport


def wait_for_banner(made: socket.socket, deadline: Deadline) -> None:
    """Return once the server has said which SSH it speaks. It is only looked at, not taken."""
    seen = 0
    while True:
        with reasons("banner"):
            ready, _, _ = select.select([made], [], [], deadline.left("banner"))
            said = made.recv(LONGEST_BANNER, socket.MSG_PEEK) if ready else b""
        if not ready:
            raise TimedOut("banner")
        if not said:
            raise ClosedEarly
        lines = said.split(b"\n")
        if any(line.startswith(b"SSH-") for line in lines[:-1]):
            return
        if len(said) >= LONGEST_BANNER:
            raise NotSpoken(protocol="SSH")
        if len(said) == seen:
            threading.Event().wait(min(0.05, deadline.left("banner")))
        seen = len(said)


def agree(transport: paramiko.Transport, expected: HostKey | None, deadline: Deadline) -> None:
    """Agree on keys; of a server's host keys ask for the approved one's kind first."""
    options = transport.get_security_options()
    options.kex, options.ciphers, options.digests = KEX, CIPHERS, MACS
    options.key_types = sorted(HOST_KEYS, key=lambda name: not is_of(name, expected))
    done = threading.Event()
    transport.start_client(event=done)
    is_done = done.wait(deadline.left("handshake"))
    if not transport.is_active():
        raise reason_of(transport.get_exception())
    if not is_done:
        raise TimedOut("handshake")


def is_of(algorithm: str, key: HostKey | None) -> bool:
    """Say whether a signature algorithm is for keys of this kind (RSA keys have several)."""
    if key is None:
        return False
    return algorithm == key.algorithm or (algorithm[:4], key.algorithm) == ("rsa-", "ssh-rsa")


def reason_of(error: Exception | None) -> RemoteError:
    """Given what ended paramiko's thread, return the reason in our words."""
    match error:
        case paramiko.ssh_exception.IncompatiblePeer():
            return Incompatible()
        case None | EOFError() | ConnectionError():
            return ClosedEarly()
        case paramiko.SSHException() if "banner" in str(error) or "protocol" in str(error):
            return NotSpoken(protocol="SSH")
        case _:
            return ClosedEarly()
