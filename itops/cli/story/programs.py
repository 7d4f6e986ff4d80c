"""The real parts of the story: where their programs are, and how each runs and ends."""

import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from itops.clock import monotonic
from itops.errors import Refused

#: Where programs are that need not be in PATH.
ADMIN_PLACES = "/usr/sbin:/sbin:/usr/local/sbin"
NUT_PLACES = "/lib/nut:/usr/lib/nut:/usr/libexec/nut"
VERSIONS = Path("/usr/lib/postgresql")
#: The Debian package that has each of the programs.
PACKAGES = {
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "dummy-ups": "nut-server",
    "upsd": "nut-server",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "pg_dump": "postgresql-client",
}
#: What is in PATH under these names is a wrapper that reads this machine's own configuration.
OF_NUT = {"upsd", "dummy-ups"}
END_SECONDS = 10.0


def missing() -> list[str]:
    """Return the Debian packages that the story needs and that are not installed."""
    return sorted({package for name, package in PACKAGES.items() if not _found(name)})


def program(name: str) -> str:
    """Return where a program is. Raise Refused, naming the package that has it."""
    found = _found(name)
    if not found:
        raise Refused("story.missing", packages=PACKAGES[name])
    return found


def _found(name: str) -> str | None:
    if name in OF_NUT:
        return shutil.which(name, path=NUT_PLACES)
    newest = ":".join(str(place) for place in sorted(VERSIONS.glob("*/bin"), reverse=True))
    return shutil.which(name, path=f"{newest}:{ADMIN_PLACES}") or shutil.which(name)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Process:
    """A program of ours in the background; what it says goes into a file."""

    command: Sequence[str]
    log: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        with self.log.open("ab") as said:
            self.running = subprocess.Popen(  # noqa: S603 - a command of our own, no shell
                [*with_variables(self.variables), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.log.parent,
            )
        return self

    def stop(self) -> None:
        """End it as an administrator would; one that does not end is killed."""
        if self.running is None:
            return
        self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(END_SECONDS)
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        self.running = None

    def wait_for_port(self, port: int, *, seconds: float = 30) -> None:
        """Wait until somebody listens. Raise Refused with the last that it said if nobody will."""
        until = monotonic() + seconds
        while monotonic() < until and self.running is not None and self.running.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.05)
        said = self.log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise Refused("story.not_started", name=Path(self.command[0]).name, said="".join(said))


def with_variables(variables: Mapping[str, str]) -> list[str]:
    """Return the beginning of a command that runs with these variables beside those of ours."""
    return ["env", *(f"{name}={text}" for name, text in variables.items())] if variables else []


def run(command: Sequence[str]) -> None:
    """Run a tool to its end. Raise Refused with the last line that it said if it failed."""
    ended = subprocess.run(  # noqa: S603 - a command of our own, no shell
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Refused("story.not_started", name=Path(command[0]).name, said="".join(said))
