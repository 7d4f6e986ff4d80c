"""A real OpenSSH server with throw-away keys, on a free port, as whoever runs the tests."""

import getpass
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from itops.remote.ssh import HostKey, SshCredential, SshTarget
from tests.components import free_port, missing, program
from tests.components.processes import end, wait_for_port

#: What every one of our servers has: nothing of this machine's own configuration, nor of its
#: user's: bash would read ~/.bashrc before each command.
CONFIG = """\
ListenAddress 127.0.0.1
PidFile none
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 1000
MaxSessions 100
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PermitUserEnvironment no
SetEnv HOME=/nonexistent
LogLevel VERBOSE
"""


def make_key(path: Path, kind: str = "ed25519", *options: str) -> Path:
    """Make a key pair without a passphrase; return the private key's path."""
    command = ["ssh-keygen", "-q", "-N", "", "-C", "", "-t", kind, *options, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@dataclass
class Sshd:
    """One server. `log` is what it wrote: whom it let in, and who only knocked."""

    folder: Path
    config: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Sshd":
        path = program("sshd", "/usr/sbin")
        if not path or not program("ssh-keygen"):
            missing("OpenSSH's server")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.port = self.port or free_port()
        written = self.folder / "sshd_config"
        keys = f"AuthorizedKeysFile {self.folder}/authorized_keys\n"
        host_key = "" if "HostKey " in self.config else f"HostKey {self.folder}/host_key\n"
        written.write_text(f"{self.config}Port {self.port}\n{host_key}{keys}{CONFIG}")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [path, "-D", "-e", "-f", str(written)], stdin=subprocess.DEVNULL, stderr=log
            )
        wait_for_port(self.port, self.process)
        return self

    def stop(self) -> None:
        """Stop listening and cut all connections, as a machine does that is switched off."""
        if self.process is not None:
            end(self.process)
            self.process = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def host_key(self, name: str = "host_key") -> HostKey:
        algorithm, text = (self.folder / f"{name}.pub").read_text().split()[:2]
        return HostKey(algorithm, text)

    def credential(self, name: str = "id") -> SshCredential:
        return SshCredential(f"{self.folder}/{name}", private_key=(self.folder / name).read_text())

    def target(self, **changes: object) -> SshTarget:
        """Return the account that this server lets in."""
        settings = {
            "address": "127.0.0.1",
            "user": getpass.getuser(),
            "credential": self.credential(),
            "host_key": self.host_key(),
            "port": self.port,
        }
        return SshTarget(**(settings | changes))  # type: ignore[arg-type]


def made(folder: Path, config: str = "") -> Sshd:
    """Return a server that has not been started, with a host key and one key that it takes."""
    if not program("ssh-keygen"):
        missing("OpenSSH")
    folder.mkdir(parents=True, exist_ok=True)
    make_key(folder / "host_key")
    public = make_key(folder / "id").with_suffix(".pub").read_text()
    (folder / "authorized_keys").write_text(public)
    return Sshd(folder, config)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Give a server that all tests of a worker share; do not change or stop it."""
    server = made(tmp_path_factory.mktemp("sshd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_sshd(tmp_path: Path) -> Iterator[Sshd]:
    """Give a server of the test's own, not started yet."""
    server = made(tmp_path / "sshd")
    yield server
    server.stop()
