"""5,000 checks due every minute on the embedded default: by how much they are late, round by round.

`python -m tests.bench.checks [CHECKS [ROUNDS [DEAD_PERCENT]]]` runs a real `itops run` whose checks
ask a listener on this machine; dead ones ask a port that takes no connection and refuses none.
"""

import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pysqlite3

from itops.app import create_app
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import Check
from itops.services import first_start
from itops.services.checking import schedule
from tests import factories
from tests.components.server import Server

INTERVAL = 60
#: The first check is due so long after they were made: the server is there by then.
BEGIN_SECONDS = 20
#: The address of those who don't answer; the others are at the usual one.
DEAD = "127.0.0.9"
_kept: list[socket.socket] = []
#: A check is on time that was begun within this after it was due.
ON_TIME_SECONDS = 5.0
#: A round ends so long after its last check was due.
SETTLE_SECONDS = 6.0


def listen() -> int:
    """Take connections for ever, and close them; return the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def take() -> None:
        while True:
            listener.accept()[0].close()

    threading.Thread(target=take, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def stay_silent() -> int:
    """Return a port on which nobody answers at all: its queue is full, and nobody empties it."""
    listener = socket.create_server((DEAD, 0), backlog=0)
    port: int = listener.getsockname()[1]
    _kept.append(listener)
    for _ in range(4):
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex((DEAD, port))
        _kept.append(caller)
    return port


def make(folder: Path, count: int, port: int, dead_percent: int) -> None:
    """Make so many checks, the dead ones evenly among them, spread as they are in use."""
    app = create_app(Settings(data_dir=folder))
    with app.app_context():
        first_start.make_ready(at=utcnow())
        asset = factories.asset()
        # A check's next place in time is half an interval from `at` at least.
        at = utcnow() + timedelta(seconds=BEGIN_SECONDS - INTERVAL / 2)
        silent = stay_silent()
        for number in range(1, count + 1):
            is_dead = number % 100 < dead_percent
            db.session.add(
                Check(
                    kind="tcp",
                    name=f"check {number}",
                    site_id=asset.site_id,
                    asset_id=asset.id,
                    address=DEAD if is_dead else "127.0.0.1",
                    params={"port": silent if is_dead else port, "timeout_seconds": 10.0},
                    interval_seconds=INTERVAL,
                    retry_seconds=INTERVAL,
                    due_at=schedule.next_due(number, INTERVAL, at=at),
                    created_at=at,
                    updated_at=at,
                )
            )
        db.session.commit()
        db.engine.dispose()


def measure(count: int = 5000, rounds: int = 3, dead_percent: int = 0) -> dict[str, Any]:
    """Return what was late in each round, and what it cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        make(folder, count, listen(), dead_percent)
        server = Server(folder)
        server.start()
        assert server.process
        process = psutil.Process(server.process.pid)
        family = [process, *process.children(recursive=True)]
        time.sleep(max(0.0, began + BEGIN_SECONDS + SETTLE_SECONDS - time.monotonic()))
        spent = sum(sum(one.cpu_times()[:2]) for one in family)
        began = time.monotonic()
        found = [one_round(folder) for _ in range(rounds)]
        took = time.monotonic() - began
        spent = sum(sum(one.cpu_times()[:2]) for one in family) - spent
        server.kill()
    return {
        "checks": count,
        "dead_percent": dead_percent,
        "rounds": found,
        "cpu_percent_of_a_core": round(100 * spent / took, 1),
        "cpu_ms_a_check": round(1000 * spent / max(sum(one["done"] for one in found), 1), 2),
    }


def one_round(folder: Path) -> dict[str, Any]:
    """Wait for one interval; return how late the live checks were begun in it."""
    time.sleep(INTERVAL)
    connection = pysqlite3.connect(folder / "itops.db")
    rows = connection.execute(
        "SELECT late_seconds, strftime('%s', 'now') - strftime('%s', checked_at)"
        " FROM remote_check WHERE address = '127.0.0.1'"
    ).fetchall()
    connection.close()
    late = sorted(row[0] for row in rows)
    done = [row for row in rows if row[1] is not None and row[1] <= INTERVAL * 1.5 + 5]
    on_time = [row for row in done if row[0] <= ON_TIME_SECONDS]
    return {
        "done": len(done),
        "of": len(rows),
        "on_time_percent": round(100 * len(on_time) / len(rows), 2),
        "late_median_seconds": round(statistics.median(late), 3),
        "late_most_seconds": round(late[-1], 3),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:])), indent=1) + "\n")
