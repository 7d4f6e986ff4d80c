"""What 5,000 agents cost the server: 83.3 reports a second, each from another host."""

import gzip
import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from itops.clock import utcnow
from tests.bench.groups import Run
from tests.bench.our_server import MACHINE, enrolled_hosts, serving
from tests.bench.processes import Running
from tests.bench.report import Figure, at_most, compared

HOSTS = 5000
EVERY_SECONDS = 60
REPORTS_PER_SECOND = HOSTS / EVERY_SECONDS
MOST_PERCENT = 3.0
DRIVE_SECONDS = 60
IDLE_SECONDS = 20
#: Until the duties of a first start are over.
REST_SECONDS = 20
#: Reports of a real machine, one a line.
RECORDED = (
    Path(__file__).resolve().parents[2] / "samples" / "reports" / "debian-12-busy-vm.jsonl.gz"
)


def figures(run: Run) -> Iterator[Figure]:
    """Yield per cent of one core, and how long an agent waits for its answer."""
    percent, waits = [], []
    for _ in run.in_turn():
        used, slowest = one_round(run)
        percent.append(used)
        waits.append(slowest)
    goal = at_most(MOST_PERCENT, of="value")
    name = f"fleet_of_{HOSTS}_cpu"
    yield compared(Figure(name=name, value=None, unit="% of a core", goal=goal), percent, None)
    name = f"fleet_of_{HOSTS}_p99"
    yield compared(Figure(name=name, value=None, unit="ms"), waits, None)


def one_round(run: Run) -> tuple[float, float]:
    """Return (per cent of a core beyond idle, milliseconds of the 99th of a hundred answers)."""
    with TemporaryDirectory(dir=run.folder) as name:
        bearers = enrolled_hosts(Path(name), HOSTS)
        with serving(Path(name)) as (running, address):
            time.sleep(run.seconds(REST_SECONDS))
            idle = used_while(running, lambda: time.sleep(run.seconds(IDLE_SECONDS)))
            waits: list[float] = []
            count = int(REPORTS_PER_SECOND * run.seconds(DRIVE_SECONDS))
            busy = used_while(running, lambda: waits.extend(drive(address, bearers, count)))
    return 100 * (busy - idle), 1000 * sorted(waits)[int(len(waits) * 0.99)]


def used_while(running: Running, act: Any) -> float:
    """Return the processor seconds a second that the server uses meanwhile."""
    before, began = running.cpu_seconds(), time.monotonic()
    act()
    return (running.cpu_seconds() - before) / (time.monotonic() - began)


def drive(address: str, bearers: list[str], count: int) -> list[float]:
    """Send so many reports at the fleet's rate, host after host; return the seconds of each."""
    recorded = [json.loads(line) for line in gzip.decompress(RECORDED.read_bytes()).splitlines()]
    spool = secrets.token_hex(16)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        waits = []
        for number in range(count):
            time.sleep(max(0.0, began + number / REPORTS_PER_SECOND - time.monotonic()))
            body = _body(recorded[number % len(recorded)], spool, number // HOSTS + 1)
            waits.append(pool.submit(post, address, bearers[number % HOSTS], body))
        return [wait.result() for wait in waits]


def _body(report: dict[str, Any], spool: str, seq: int) -> bytes:
    at = round(utcnow().timestamp(), 3)
    envelope = {"schema": 1, "spool": spool, "machine": MACHINE, "agent": "0.1.0", "sent_at": at}
    numbered = {**report, "seq": seq, "taken_at": at}
    return gzip.compress(
        json.dumps({**envelope, "reports": [numbered]}, separators=(",", ":")).encode(), 6
    )


def post(address: str, bearer: str, body: bytes) -> float:
    """Send a body as an agent does, on a connection of its own; return how long it took."""
    began = time.monotonic()
    connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
    headers = {
        "Authorization": bearer,
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    connection.request("POST", "/api/v1/reports", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the server answered {answer.status}")
    return time.monotonic() - began
