"""Running read-only commands over SSH; the only package that imports paramiko."""

from itops.remote.ssh.pool import Transports
from itops.remote.ssh.session import fingerprint
from itops.remote.ssh.target import HostKey, SshCredential, SshTarget

__all__ = ["HostKey", "SshCredential", "SshTarget", "Transports", "fingerprint"]
