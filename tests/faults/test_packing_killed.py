"""A server killed while it packs has packed a window or left it; nothing is lost or doubled."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import HealthSample
from itops.services.history.reading import read_series
from tests import factories
from tests.faults.packer import AT
from tests.services.history.conftest import NOON, add_rows, pack_all

ROOT = Path(__file__).parent.parent.parent
CPU = "cpu.percent"
DAY = timedelta(days=1)
HOSTS = 3


def start(data_dir: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.packer", str(data_dir), url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill the process as soon as it has printed so many lines; return all that it printed."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if len(said) == lines:
            process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return said


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.both_databases
def test_sigkill_while_packing_loses_and_doubles_nothing(any_app, tmp_path, database_url, full):
    values = [float(n % 97) for n in range(2 * 24 * 60)]
    hosts = [factories.host() for _ in range(HOSTS)]
    db.session.commit()
    for host in hosts:
        add_rows(host, NOON, {CPU: values})
    url = any_app.config["SQLALCHEMY_DATABASE_URI"]
    kills = 0
    for number in range(full(40)):
        said = kill_after(start(tmp_path, url), 2 + number % 5)
        kills += "done" not in said
        for host in hosts:
            series = read_series(host.id, CPU, NOON, NOON + 3 * DAY, 60)
            assert series.values == values
            db.session.rollback()
    assert kills > 0
    while pack_all(AT):
        pass
    for host in hosts:
        assert read_series(host.id, CPU, NOON, NOON + 3 * DAY, 60).values == values
        five = read_series(host.id, CPU, NOON, NOON + 3 * DAY, 300)
        assert five.high == [max(values[n : n + 5]) for n in range(0, len(values), 5)]
    assert db.session.scalar(select(func.count()).select_from(HealthSample)) == 0
