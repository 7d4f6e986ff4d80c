"""F3: an agent that was offline for three days delivers everything, once, in order, and soon."""

import json
import time
from datetime import UTC, datetime

import pytest
from itops_agent import config, enrolling
from itops_agent.running import Agent
from sqlalchemy import func, select

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.models import HealthSample, Host, HostSpool, HostState, StateChange
from itops.services.history.reading import read_series

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.both_databases]
MINUTE = 60.0
REPORTS = 3 * 24 * 60
#: For an hour in the first night the disk was full; it is over when the reports arrive.
FULL = range(200, 260)


@pytest.fixture
def server(server, database_url):
    server.settings["ITOPS_DATABASE_URL"] = database_url
    return server.start()


@pytest.fixture
def agent(server, tmp_path):
    """The agent of a machine that is enrolled and approved."""
    _exit, told = server.itops("agent", "code", "--approve", "--json")
    path = str(tmp_path / "agent" / "agent.ini")
    wanted = {
        "server": server.url,
        "data_dir": str(tmp_path / "agent" / "data"),
        "proxy": "none",
    }
    enrolling.enroll(path, wanted, code=json.loads(told)["code"], again=False)
    made = Agent(config.load(path))
    yield made
    made.sender.close()
    made.spool.close()


def fill(agent, *, now):
    """Let the agent measure once, and put what it measured into the spool as of three days."""
    report = agent._collector.collect(at=now, ticks=0.0)
    report["services"] = None
    (disk, *_others) = [one for one in report["disks"] if one["state"] == "ok"]
    for minute in range(REPORTS):
        free = 0 if minute in FULL else disk["total_bytes"] // 2
        agent.spool.put(
            {
                **report,
                "taken_at": now - (REPORTS - minute) * MINUTE,
                "clock_skew_seconds": None,
                "spool": {"waiting": minute, "dropped": 0},
                "disks": [{**disk, "free_bytes": free}],
                "users": minute % 7,
            }
        )


def test_three_days_offline_arrive_once_in_order_and_within_seconds(server, agent, database_url):
    now = time.time()
    fill(agent, now=now)

    began = time.monotonic()
    while agent.spool.waiting:
        assert agent.sender.send_one_batch(), agent.sender.last
    seconds = time.monotonic() - began

    assert seconds < 20, f"draining took {seconds:.1f} s"
    app = create_app(Settings(data_dir=server.data_dir, database_url=database_url))
    with app.app_context():
        host = db.session.scalars(select(Host)).one()
        progress = db.session.scalars(select(HostSpool)).one()
        assert (progress.high_water, progress.gaps) == (REPORTS, [])
        start, end = (datetime.fromtimestamp(at, UTC) for at in (now - 4 * 86_400, now))
        series = read_series(host.id, "users.count", start, end, 60)
        assert [value for value in series.values if value is not None] == [
            minute % 7 for minute in range(REPORTS)
        ]
        assert series.times == sorted(series.times)
        # Nothing is raised for an hour that was over before anybody heard of it.
        assert (db.session.scalar(select(func.count()).select_from(StateChange)) or 0) <= 1
        state = db.session.scalars(select(HostState)).one()
        assert not [one for one in state.findings if one["name"].startswith("disk")]
        rows = db.session.scalar(select(func.count()).select_from(HealthSample))
        db.session.remove()
        db.engine.dispose()
    assert (rows or 0) <= REPORTS
