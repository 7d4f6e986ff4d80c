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
#: Agents wait for their answers side by side.
MOST_AT_ONCE = 128
#: Every host is heard once before it counts, so that the server knows them all, as it does later.
WARM_UP_PER_SECOND = 500
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
            recorded = [
                json.loads(line) for line in gzip.decompress(RECORDED.read_bytes()).splitlines()
            ]
            fleet = Fleet(address, bearers, recorded)
            fleet.send(HOSTS, per_second=WARM_UP_PER_SECOND)
            time.sleep(run.seconds(REST_SECONDS))
            idle = used_while(running, lambda: time.sleep(run.seconds(IDLE_SECONDS)))
            waits: list[float] = []
            count = int(REPORTS_PER_SECOND * run.seconds(DRIVE_SECONDS))
            busy = used_while(running, lambda: waits.extend(fleet.send(count)))
    return 100 * (busy - idle), 1000 * sorted(waits)[int(len(waits) * 0.99)]


def used_while(running: Running, act: Any) -> float:
    """Return the processor seconds a second that the server uses meanwhile."""
    before, began = running.cpu_seconds(), time.monotonic()
    act()
    return (running.cpu_seconds() - before) / (time.monotonic() - began)


class Fleet:
    """Hosts that report in turn; each one's reports are numbered."""

    def __init__(self, address: str, bearers: list[str], recorded: list[dict[str, Any]]) -> None:
        self._address = address
        self._bearers = bearers
        self._recorded = recorded
        self._spool = secrets.token_hex(16)
        self._sent = 0

    def send(self, count: int, *, per_second: float = REPORTS_PER_SECOND) -> list[float]:
        """Send so many reports at an even rate; return the seconds of each."""
        began = time.monotonic()
        waits = []
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            for number in range(count):
                time.sleep(max(0.0, began + number / per_second - time.monotonic()))
                bearer = self._bearers[self._sent % len(self._bearers)]
                waits.append(pool.submit(post, self._address, bearer, self._body()))
                self._sent += 1
        return [wait.result() for wait in waits]

    def _body(self) -> bytes:
        at = round(utcnow().timestamp(), 3)
        report = self._recorded[self._sent % len(self._recorded)]
        numbered = {**report, "seq": self._sent // len(self._bearers) + 1, "taken_at": at}
        body = {
            "schema": 1,
            "spool": self._spool,
            "machine": MACHINE,
            "agent": "0.1.0",
            "sent_at": at,
            "reports": [numbered],
        }
        return gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 6)


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
