"""Prometheus' node_exporter: asked for everything that it sees, over http."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.bench.peers import program
from tests.bench.processes import Running
from tests.components import free_port

NAME = "prometheus-node-exporter"


@contextmanager
def asked(folder: Path) -> Iterator[tuple[Running, Callable[[], None]] | None]:
    """Give the running exporter and a function that asks it once; None if it isn't installed."""
    path = program(NAME)
    if path is None:
        yield None
        return
    port = free_port()
    command = [path, f"--web.listen-address=127.0.0.1:{port}"]
    with Running(command, log=folder / "node_exporter.log") as running:
        running.wait_for_port(port)
        yield running, lambda: ask(port)


def ask(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    connection.getresponse().read()
    connection.close()
