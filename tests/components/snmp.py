"""A real snmpd whose values are set by `override` lines."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.components import missing, program
from tests.components.processes import end

COMMUNITY = "hospital-read"
USER, AUTH_KEY, PRIV_KEY = "watcher", "auth-key-of-tests", "priv-key-of-tests"


@dataclass
class Snmpd:
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self, values: Mapping[str, int]) -> "Snmpd":
        """Serve integers by object identifier, to a community (2c) and to a user (3)."""
        path = program("snmpd", "/usr/sbin")
        if not path:
            missing("snmpd")
        self.port = self.port or free_port()
        lines = [
            f"agentaddress udp:127.0.0.1:{self.port}",
            f"rocommunity {COMMUNITY} 127.0.0.1",
            f'createUser {USER} SHA "{AUTH_KEY}" AES "{PRIV_KEY}"',
            f"rouser {USER} priv",
            *(f"override {oid} integer {value}" for oid, value in values.items()),
        ]
        config = self.folder / "snmpd.conf"
        config.write_text("\n".join(lines) + "\n")
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [path, "-f", "-Lo", "-C", "-c", str(config), "-I", "-smux"],
                env={**os.environ, "SNMP_PERSISTENT_DIR": str(self.folder), "MIBS": ""},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait()
        return self

    def wait(self) -> None:
        ends = time.monotonic() + 10
        while b"NET-SNMP version" not in (self.folder / "log").read_bytes():
            if time.monotonic() > ends:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.02)

    def swap(self, values: Mapping[str, int]) -> "Snmpd":
        """Put another device in this one's place: it counts its starts anew."""
        self.stop()
        return self.start(values)

    def stop(self) -> None:
        if self.process:
            end(self.process)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    """Give an agent that has not been started yet."""
    agent = Snmpd(tmp_path)
    yield agent
    agent.stop()
