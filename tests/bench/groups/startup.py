"""How soon `itops run` answers, and how much memory the server has while nothing happens."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from tests.bench.groups import Run
from tests.bench.our_server import serving
from tests.bench.report import Figure, at_most, compared

MOST_SECONDS = 3
MOST_MEBIBYTES = 150
#: Pages that anybody may open, so that templates and translations are loaded.
PAGES = ("/sign-in", "/healthz", "/readyz", "/metrics")
REST_SECONDS = 10


def figures(run: Run) -> Iterator[Figure]:
    """Yield the seconds until the first and until a later start answers, and the idle memory."""
    first, again, idle = [], [], []
    for _ in run.in_turn():
        with TemporaryDirectory(dir=run.folder) as name:
            first.append(started(Path(name))[0])
            seconds, mebibytes = started(Path(name), rest=run.seconds(REST_SECONDS))
            again.append(seconds)
            idle.append(mebibytes)
    goal = at_most(MOST_SECONDS, of="value")
    note = "an empty folder: the schema is made first"
    yield compared(_figure("startup_first", "s", goal=goal, note=note), first, None)
    yield compared(_figure("startup_again", "s", goal=goal), again, None)
    goal = at_most(MOST_MEBIBYTES, of="value")
    yield compared(_figure("idle_memory", "MiB", goal=goal), idle, None)


def started(folder: Path, *, rest: float = 0.0) -> tuple[float, float]:
    """Start the server; return (seconds until it answered, mebibytes after a rest)."""
    began = time.monotonic()
    with serving(folder) as (running, address):
        seconds = time.monotonic() - began
        if not rest:
            return seconds, 0.0
        for page in PAGES:
            urlopen(f"{address}{page}").close()  # noqa: S310 - our own address
        time.sleep(rest)
        return seconds, running.pss_mib()


def _figure(name: str, unit: str, **given: object) -> Figure:
    return Figure(name=name, value=None, unit=unit, **given)  # type: ignore[arg-type]
