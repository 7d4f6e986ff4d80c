"""One SSH connection: who is there, proof first, then one command at a time."""

import logging
import select
import socket
import threading
from contextlib import suppress

import paramiko
from paramiko.packet import Packetizer

from itops.remote.errors import (
    AuthFailed,
    ClosedEarly,
    HostKeyChanged,
    HostKeyUnknown,
    Incompatible,
    NotSpoken,
    RemoteError,
    TimedOut,
)
from itops.remote.limits import DEFAULTS, Deadline, RemoteLimits
from itops.remote.sockets import connect, reasons
from itops.remote.ssh.keys import private_key
from itops.remote.ssh.target import HostKey, SshTarget

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


class BoundedPacketizer(Packetizer):
    """Reads packets, but none that a hostile server made of gigabytes."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002 - theirs
        if n > LONGEST_PACKET:
            raise paramiko.SSHException("packet too long")
        data: bytes = super().read_all(n, check_rekey)
        return data


class Connection(paramiko.Transport):
    """A connection whose thread sleeps while nothing comes, and is woken to end."""

    #: Theirs looks ten times a second whether it should end: 4 % of a core for 200 idle ones.
    _active_check_timeout = 30.0

    def close(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        super().close()


def fingerprint(address: str, port: int = 22, *, limits: RemoteLimits = DEFAULTS) -> HostKey:
    """Return the host key that a machine shows now. No account and no credential is named."""
    deadline = Deadline(limits.total_seconds)
    transport = shaken_hands(address, port, None, limits, deadline)
    try:
        return key_of(transport)
    finally:
        transport.close()


def opened(target: SshTarget, limits: RemoteLimits, deadline: Deadline) -> paramiko.Transport:
    """Return a connection that is signed in, its host key being the approved one."""
    if target.host_key is None:
        raise HostKeyUnknown
    key = private_key(target.credential.private_key) if target.credential.private_key else None
    transport = shaken_hands(target.address, target.port, target.host_key, limits, deadline)
    try:
        recognise(transport, target.host_key)
        sign_in(transport, target, key, deadline.within(limits.auth_seconds))
    except BaseException:
        transport.close()
        raise
    return transport


def recognise(transport: paramiko.Transport, expected: HostKey) -> None:
    """Raise HostKeyChanged unless the machine proved to hold the expected key."""
    seen = key_of(transport)
    if seen != expected:
        raise HostKeyChanged(expected=expected.sha256, seen=seen.sha256)


def key_of(transport: paramiko.Transport) -> HostKey:
    key = transport.get_remote_server_key()
    return HostKey(key.get_name(), key.get_base64())


def shaken_hands(
    address: str,
    port: int,
    expected: HostKey | None,
    limits: RemoteLimits,
    deadline: Deadline,
) -> paramiko.Transport:
    """Return a connection whose keys are agreed on, and nothing more."""
    made = connect(address, port, deadline.within(limits.connect_seconds))
    try:
        wait_for_banner(made, deadline.within(limits.banner_seconds))
        transport = Connection(
            made, packetizer_class=BoundedPacketizer, default_window_size=limits.output_bytes * 2
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


def sign_in(
    transport: paramiko.Transport,
    target: SshTarget,
    key: paramiko.PKey | None,
    deadline: Deadline,
) -> None:
    """Prove who we are. Only called once the host key is known to be the approved one."""
    transport.auth_timeout = deadline.left("auth")
    try:
        if key is not None:
            transport.auth_publickey(target.user, key)
        else:
            transport.auth_password(target.user, target.credential.password, fallback=False)
    except paramiko.AuthenticationException as error:
        if "timeout" in str(error).lower():
            raise TimedOut("auth") from error
        if not transport.is_active():
            raise ClosedEarly from error
        raise AuthFailed(user=target.user) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise ClosedEarly from error
    if not transport.is_authenticated():
        raise AuthFailed(user=target.user)
