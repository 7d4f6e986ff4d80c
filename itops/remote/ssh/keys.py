"""Reading private keys from text in memory."""

from functools import lru_cache
from io import StringIO

import paramiko

from itops.remote.errors import CredentialUnreadable

KINDS: tuple[type[paramiko.PKey], ...] = (
    paramiko.Ed25519Key,
    paramiko.ECDSAKey,
    paramiko.RSAKey,
)


@lru_cache(maxsize=64)
def private_key(pem: str) -> paramiko.PKey:
    """Given a key as OpenSSH or OpenSSL write it, return it. Raise CredentialUnreadable."""
    for kind in KINDS:
        try:
            return kind.from_private_key(StringIO(pem))
        except (paramiko.SSHException, ValueError, IndexError, TypeError):
            continue
    raise CredentialUnreadable
