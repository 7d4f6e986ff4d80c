"""Two hundred machines on this one: a few real OpenSSH servers on many loopback addresses."""

import getpass
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.processes import Running
from tests.components import free_port, program

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 17)]
SERVERS = 13
TARGETS = 200
CONFIG = """\
PidFile none
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 1000:30:2000
MaxSessions 100
PasswordAuthentication no
PermitRootLogin prohibit-password
SetEnv HOME=/nonexistent
LogLevel ERROR
"""


@contextmanager
def machines(folder: Path) -> Iterator[Path | None]:
    """Give a file that says how each target is reached; None if there is no OpenSSH here."""
    sshd = program("sshd", "/usr/sbin")
    if sshd is None or program("ssh-keygen") is None:
        yield None
        return
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host_key", "id"):
        make = ["ssh-keygen", "-q", "-N", "", "-C", "", "-t", "ed25519", "-f", str(folder / name)]
        subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
    ports = [free_port() for _ in range(SERVERS)]
    with ExitStack() as stack:
        for port in ports:
            written = folder / f"sshd-{port}"
            listens = "".join(f"ListenAddress {address}\n" for address in ADDRESSES)
            keys = f"HostKey {folder}/host_key\nAuthorizedKeysFile {folder}/id.pub\n"
            written.write_text(f"Port {port}\n{listens}{keys}{CONFIG}")
            command = [sshd, "-D", "-e", "-f", str(written)]
            stack.enter_context(Running(command, log=folder / "sshd.log")).wait_for_port(port)
        yield described(folder, ports)


def described(folder: Path, ports: list[int]) -> Path:
    """Write what every client reads: where, as whom, with which keys."""
    targets = [(address, port) for port in ports for address in ADDRESSES][:TARGETS]
    field = {
        "user": getpass.getuser(),
        "key": str(folder / "id"),
        "host_key": (folder / "host_key.pub").read_text().split()[:2],
        "targets": targets,
    }
    path = folder / "field.json"
    path.write_text(json.dumps(field))
    return path
