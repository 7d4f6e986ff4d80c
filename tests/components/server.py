"""A real itops server in processes of its own, on a free port and a data folder of its own."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import psutil
import pytest

from itops.cli.worker_process import wait_until_answers

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Server:
    """`itops run` on `data_dir`; start it, stop it, kill it, and start it again."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    printed: str = ""
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> "Server":
        """Start the server and wait until it answers."""
        self.scheme = "https" if "--tls" in arguments else "http"
        process = self.process = self.spawn("run", *arguments)
        if not wait_until_answers(
            self.url,
            seconds=60,
            authority=self.data_dir / "tls" / "authority.pem",
            given_up=lambda: process.poll() is not None,
        ):
            self.kill()
            pytest.fail(f"the server did not answer; it printed:\n{self.printed}")
        return self

    def spawn(self, *arguments: str) -> subprocess.Popen[str]:
        """Start any `itops` command with this server's settings."""
        variables = {
            **{name: text for name, text in os.environ.items() if not name.startswith("ITOPS_")},
            "PYTHONPATH": f"{ROOT}:{ROOT / 'agents'}",
            "ITOPS_DATA_DIR": str(self.data_dir),
            "ITOPS_PORT": str(self.port),
            "LANG": "en_US.UTF-8",
            "LANGUAGE": "en",
            **self.settings,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "itops", *arguments],
            env=variables,
            cwd=self.data_dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def itops(self, *arguments: str) -> tuple[int, str]:
        """Run one `itops` command to its end; return its exit code and what it printed."""
        process = self.spawn(*arguments)
        printed, _ = process.communicate(timeout=120)
        return process.returncode, printed

    def get(self, path: str, trust: ssl.SSLContext | None = None) -> bytes:
        """Return the body of a page that anybody may read; raise if the answer is an error."""
        connection = (
            HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trust)
            if trust
            else HTTPConnection("127.0.0.1", self.port, timeout=30)
        )
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            return answer.read()
        finally:
            connection.close()

    def workers(self) -> list[psutil.Process]:
        """Return the web processes."""
        assert self.process
        return psutil.Process(self.process.pid).children()

    def stop(self) -> str:
        """Stop the server as an administrator would; return all that it printed."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        printed, _ = self.process.communicate(timeout=60)
        return printed

    def kill(self) -> None:
        """Kill every process of the server at once, as a power cut would."""
        assert self.process
        if self.process.poll() is None:
            server = psutil.Process(self.process.pid)
            everything = [*server.children(recursive=True), server]
            for process in everything:
                process.kill()
            psutil.wait_procs(everything, timeout=10)
        self.printed, _ = self.process.communicate(timeout=10)


@pytest.fixture
def server(tmp_path):
    """A server that has not been started yet; what runs at the end is asked to stop, or killed.

    Asked, so that what it ran of our code counts as covered.
    """
    made = Server(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            made.stop()
        if made.process.poll() is None:
            made.kill()
