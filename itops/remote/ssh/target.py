"""Whom to ask over SSH, as whom, and by which host key to know it."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HostKey:
    """A machine's public key, as `ssh-keyscan` writes it."""

    algorithm: str
    base64: str

    @property
    def sha256(self) -> str:
        """The fingerprint as `ssh-keygen -l` writes it, for people to compare."""
        digest = hashlib.sha256(binascii.a2b_base64(self.base64)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class SshCredential:
    """A private key (PEM) or a password. `id` changes whenever the secret does."""

    id: str
    private_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class SshTarget:
    """One account on one machine. Without an approved host key nothing is ever sent."""

    address: str
    user: str
    credential: SshCredential
    host_key: HostKey | None
    port: int = 22
    #: The account's key runs the script `itops-check` and nothing else.
    is_forced: bool = False

    @property
    def identity(self) -> tuple[str, int, str, str, str]:
        """What a connection must agree in to be used again."""
        key = self.host_key.base64 if self.host_key else ""
        return self.address, self.port, self.user, self.credential.id, key
