"""Whom we speak to over SSH, and as whom: the host key first, then the credential."""

import paramiko

from itops.remote.errors import (
    AuthFailed,
    ClosedEarly,
    HostKeyChanged,
    HostKeyUnknown,
    TimedOut,
)
from itops.remote.limits import DEFAULTS, Deadline, RemoteLimits
from itops.remote.ssh.handshake import shaken_hands
from itops.remote.ssh.keys import private_key
from itops.remote.ssh.target import HostKey, SshTarget


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
