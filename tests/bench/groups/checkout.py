"""How soon `make run` answers in a fresh clone: environment, packages, database and all."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.groups import Run
from tests.bench.our_server import wait_until_ready
from tests.bench.processes import ROOT, Running
from tests.bench.report import Figure, at_most, compared
from tests.components import free_port

MOST_SECONDS = 60


def figures(run: Run) -> Iterator[Figure]:
    """Yield the seconds from `make run` to its first answer."""
    took = [from_clone(run.folder / str(number)) for number in run.in_turn()]
    goal = at_most(MOST_SECONDS, of="value")
    yield compared(Figure(name="make_run_fresh", value=None, unit="s", goal=goal), took, None)


def from_clone(folder: Path) -> float:
    clone = ["git", "-c", "safe.directory=*", "clone", "--quiet", str(ROOT), str(folder)]
    subprocess.run(clone, check=True, timeout=120)
    port = free_port()
    began = time.monotonic()
    command = ["make", "-C", str(folder), "run"]
    with Running(
        command, log=folder / "make.log", variables={"ITOPS_PORT": str(port), "PYTHONPATH": ""}
    ) as running:
        wait_until_ready(running, f"http://127.0.0.1:{port}", seconds=600)
        return time.monotonic() - began
