"""How many reports a second are taken durably, beside InfluxDB: the same client for both sides.

python -m tests.bench.intake            one line of JSON a figure, taken in turn
"""

import hashlib
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.models import Enrolment, Host, HostState
from itops.services.upgrading import upgrade
from tests.api.reporting import health, now
from tests.components import free_port
from tests.factories import LONG_AGO

HOSTS = 2000
MACHINE = "a" * 64
#: Each host's reports follow one another: the number grows, the rest is the same.
OURS = """
local hosts, pieces, per = {%s}, {%s}, %d
local i = 0
local headers = {["Content-Type"] = "application/json"}
request = function()
  local host = hosts[i %% #hosts + 1]
  local seq = math.floor(i / #hosts) * per
  i = i + 1
  local reports = {}
  for k = 1, per do reports[k] = pieces[1] .. (seq + k) .. pieces[k + 1] end
  headers["Authorization"] = host[1]
  local body = host[2] .. table.concat(reports, ",") .. "]}"
  return wrk.format("POST", "/api/v1/reports", headers, body)
end
"""
THEIRS = """
local bodies, i = {%s}, 0
request = function()
  i = i + 1
  if i > #bodies then i = 1 end
  return wrk.format("POST", "/write?db=bench", nil, bodies[i])
end
"""


@dataclass(frozen=True)
class Figure:
    """What one run of the client saw."""

    name: str
    reports_per_second: float
    p99_milliseconds: float
    refused: int


def ours(*, per_request: int, seconds: int = 5, threads: int = 64) -> Figure:
    """Measure our own server (SQLite, FULL) with `per_request` reports in a body."""
    with tempfile.TemporaryDirectory(prefix="itops-bench-") as name:
        folder = Path(name)
        hosts = make_hosts(folder)
        script = folder / "ours.lua"
        at = now()
        pieces = [_piece(at - 60 * (per_request - 1 - k)) for k in range(per_request)]
        rows = ",".join(f"{{{_lua(bearer)},{_lua(_envelope(at))}}}" for bearer in hosts)
        texts = ",".join(_lua(text) for text in ['{"seq":', *pieces])
        script.write_text(OURS % (rows, texts, per_request))
        with server(folder, threads=threads) as address:
            return _run("itops", address, script, per_request, seconds)


def influxdb(*, per_request: int, seconds: int = 5) -> Figure:
    """Measure InfluxDB 1.6 (it syncs its log with every write) with so many points a body."""
    with tempfile.TemporaryDirectory(prefix="itops-bench-") as name:
        folder = Path(name)
        script = folder / "theirs.lua"
        count = max(200, 40_000 // per_request)
        bodies = (_points(number, per_request) for number in range(count))
        script.write_text(THEIRS % ",".join(_lua(body) for body in bodies))
        with _influxd(folder) as address:
            return _run("influxdb", address, script, per_request, seconds)


def make_hosts(folder: Path, count: int = HOSTS) -> list[str]:
    """Make a database with enrolled hosts in `folder`; return what each shows to come in."""
    app = create_app(Settings(data_dir=folder))
    bearers = []
    with app.app_context():
        upgrade(db.engine)
        for number in range(count):
            key = secrets.token_urlsafe(32)
            host = Host(
                public_id=secrets.token_hex(16),
                name=f"h{number}",
                key_hash=hashlib.sha256(key.encode()).digest(),
                machine=MACHINE,
                enrolment=Enrolment.APPROVED,
                enrolled_at=LONG_AGO,
            )
            db.session.add(host)
            db.session.flush()
            db.session.add(HostState(host_id=host.id))
            bearers.append(f"Bearer {host.public_id}.{key}")
        db.session.commit()
        db.engine.dispose()
    return bearers


@contextmanager
def server(folder: Path, *, threads: int, **settings: str) -> Iterator[str]:
    """Run the real server on the database in `folder`; yield its address."""
    port = free_port()
    environ = os.environ | {
        "ITOPS_DATA_DIR": str(folder),
        "ITOPS_PORT": str(port),
        "ITOPS_THREADS": str(threads),
        **settings,
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "itops", "run"],
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def _influxd(folder: Path) -> Iterator[str]:
    port, other = free_port(), free_port()
    config = folder / "influx.conf"
    config.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{other}"\n'
        f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\n'
        f'wal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        '[monitor]\nstore-enabled = false\n[logging]\nlevel = "error"\n'
    )
    process = subprocess.Popen(
        [shutil.which("influxd") or "influxd", "-config", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        address = f"http://127.0.0.1:{port}"
        asking = HTTPConnection("127.0.0.1", port, timeout=10)
        asking.request("POST", "/query?q=CREATE+DATABASE+bench")
        asking.getresponse().read()
        asking.close()
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}")


def _run(name: str, address: str, script: Path, per_request: int, seconds: int) -> Figure:
    """Warm up, then measure: 64 connections that stay open, one thread of the client."""
    said = ""
    for duration in (1, seconds):
        command = ["wrk", "-t1", "-c64", f"-d{duration}s", "--latency", "--timeout", "10s"]
        said = subprocess.run(
            [*command, "-s", str(script), address], capture_output=True, text=True, check=True
        ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"(?m)^\s+99%\s+([\d.]+)(us|ms|s)\s*$", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if rate is None or slow is None:
        raise RuntimeError(said)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]]
    return Figure(
        f"{name}, {per_request} a request",
        round(float(rate[1]) * per_request, 1),
        round(float(slow[1]) * scale, 2),
        int(refused[1]) if refused else 0,
    )


def _piece(taken_at: float) -> str:
    """Return a report's text after its number."""
    report = health(1, taken_at=round(taken_at, 3))
    text = json.dumps(report, separators=(",", ":"))
    return text.removeprefix('{"seq":1')


def _envelope(at: float) -> str:
    spool = secrets.token_hex(16)
    return (
        f'{{"schema":1,"spool":"{spool}","machine":"{MACHINE}","agent":"0.1.0",'
        f'"sent_at":{at},"reports":['
    )


def _points(number: int, per_request: int) -> str:
    first = number * per_request
    return "\\n".join(_point(first + each) for each in range(per_request))


def _point(number: int) -> str:
    fields = ",".join(f"m{each:02d}={random.random() * 100:.2f}" for each in range(25))  # noqa: S311
    seconds = 1_700_000_000 + number // HOSTS * 60
    return f"report,host=h{number % HOSTS:05d} {fields} {seconds}000000000"


def _lua(text: str) -> str:
    return f"'{text}'"


if __name__ == "__main__":
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        for figure in (
            ours(per_request=1),
            influxdb(per_request=1),
            ours(per_request=50),
            influxdb(per_request=100),
        ):
            sys.stdout.write(json.dumps(asdict(figure)) + "\n")
            sys.stdout.flush()
