"""A real server that tests may kill, and one delivery to it."""

import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

from tests.api.reporting import Agent
from tests.components import free_port


class Server:
    """`itops web`, or the module of tests that stands for it, in a process group of its own."""

    def __init__(self, folder: Path, database_url: str, *command: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._command = command or ("-m", "itops", "web")
        self._environ = os.environ | {
            "ITOPS_DATA_DIR": str(folder),
            "ITOPS_DATABASE_URL": database_url,
            "ITOPS_PORT": str(self.port),
            "PYTHONPATH": os.pathsep.join([str(Path.cwd()), str(Path.cwd() / "agents")]),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers; a dying one may still hold the port."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                env=self._environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            if self._answers():
                return
            self.wait_dead(0.05)
        raise AssertionError((self.folder / "server.log").read_text()[-3000:])

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)

    def wait_dead(self, seconds: float) -> bool:
        """Wait for the process to end; return whether it has."""
        try:
            self._process.wait(seconds) if self._process else None
        except subprocess.TimeoutExpired:
            return False
        return True

    def workers(self) -> list[psutil.Process]:
        """Return the processes that the started one has made."""
        assert self._process
        return psutil.Process(self._process.pid).children()

    def stop(self) -> None:
        """Ask the server to end, and wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(40)


def deliver(server: Server, agent: Agent, *reports: Any) -> dict[str, Any] | None:
    """Send reports once; return the acknowledgement, or None if there was none."""
    body = json.dumps(agent.envelope(*reports)).encode()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=40)
    headers = {"Authorization": agent.bearer, "Content-Type": "application/json"}
    try:
        connection.request("POST", "/api/v1/reports", body, headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != 200:
        assert answer.status in {503, 507}, (answer.status, text)
        return None
    found: dict[str, Any] = json.loads(text)
    return found
