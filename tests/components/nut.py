"""A real upsd with NUT's dummy driver, which plays device dumps."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.components import free_port, missing, program
from tests.components.processes import end, wait_for_port

#: The drivers and the server itself; what is in PATH reads this machine's own configuration.
PLACE = "/lib/nut"


@dataclass
class Nut:
    """A server whose UPSs are files: `name: value` lines, changed by writing them anew."""

    folder: Path
    port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, dumps: Sequence[Path], *, max_age_seconds: int = 15) -> "Nut":
        """Serve each dump under its number (`ups0`, `ups1` …) and wait until all are known."""
        if not program("dummy-ups", PLACE) or not program("upsd", PLACE):
            missing("NUT's server")
        # Its sockets' names must be short.
        self.folder.chmod(0o700)
        self.port = free_port()
        entries = []
        for number, dump in enumerate(dumps):
            shutil.copy(dump, self.folder / f"ups{number}.dev")
            entries.append(f"[ups{number}]\ndriver = dummy-ups\nport = ups{number}.dev\n")
            entries.append("mode = dummy-once\n")
        self.write("ups.conf", "pollinterval = 1\nmaxretry = 1\n" + "".join(entries))
        self.write("upsd.conf", f"LISTEN 127.0.0.1 {self.port}\nMAXAGE {max_age_seconds}\n")
        self.write("upsd.users", "")
        self.write("nut.conf", "MODE=netserver\n")
        for number in range(len(dumps)):
            self.run(f"ups{number}", "dummy-ups", "-a", f"ups{number}")
        self.run("upsd", "upsd")
        wait_for_port(self.port, self.processes["upsd"])
        return self

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o640)

    def run(self, name: str, binary: str, *options: str) -> None:
        places = ("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH")
        path = str(Path(PLACE) / binary)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [path, *options, "-u", getpass.getuser(), "-D"],
                env={**os.environ, **dict.fromkeys(places, str(self.folder))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, name: str) -> None:
        end(self.processes.pop(name))

    def stop_all(self) -> None:
        for name in list(self.processes):
            self.stop(name)


@pytest.fixture
def nut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nut]:
    """Give a server that has not been started yet."""
    server = Nut(tmp_path_factory.mktemp("n", numbered=True))
    yield server
    server.stop_all()
