"""InfluxDB 1: takes points over http and syncs its log with every write."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.peers import program
from tests.bench.processes import Running
from tests.components import free_port

NAME = "InfluxDB"
HOSTS = 2000
PATH = "/write?db=bench"


@contextmanager
def influxdb(folder: Path) -> Iterator[str | None]:
    """Give the address of a running server with an empty database; None if it isn't installed."""
    path = program("influxd")
    if path is None:
        yield None
        return
    port, other = free_port(), free_port()
    configuration = folder / "influx.conf"
    configuration.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{other}"\n'
        f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\n'
        f'wal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        '[monitor]\nstore-enabled = false\n[logging]\nlevel = "error"\n'
    )
    with Running([path, "-config", str(configuration)], log=folder / "influx.log") as running:
        running.wait_for_port(port)
        address = f"http://127.0.0.1:{port}"
        made = Request(f"{address}/query?q=CREATE+DATABASE+bench", method="POST")  # noqa: S310 - ours
        urlopen(made).close()  # noqa: S310
        yield address


def bodies(*, per_request: int) -> Iterator[str]:
    """Yield different bodies of so many points, 25 values each, of 2,000 hosts in turn."""
    for number in range(max(200, 40_000 // per_request)):
        first = number * per_request
        yield "\\n".join(_point(first + each) for each in range(per_request))


def _point(number: int) -> str:
    fields = ",".join(f"m{each:02d}={random.random() * 100:.2f}" for each in range(25))  # noqa: S311
    seconds = 1_700_000_000 + number // HOSTS * 60
    return f"report,host=h{number % HOSTS:05d} {fields} {seconds}000000000"
