"""F1 and F2: whenever the server dies, an acknowledged report is there, and there once."""

import threading
from collections import Counter
from random import Random

import pytest
from sqlalchemy import select, text

from itops.db import db
from itops.models import HealthSample, HostSpool, StateChange
from tests.api.reporting import health, now
from tests.faults.dying_server import POINTS
from tests.faults.serving import Server, deliver

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]
REPORTS_A_KILL = 500
BATCH = 25
#: All samples are of the last minutes: older ones are packed away.
BEGIN = now() - 600


def stored():
    """Return how often each report is there, by (host, number); the database must be sound."""
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
    rows = db.session.execute(select(HealthSample.host_id, HealthSample.sequence))
    found = Counter((row.host_id, row.sequence) for row in rows)
    db.session.rollback()
    return found


def send_all(server, agent, first, last, acknowledged):
    """Send numbers in order until all are acknowledged, as an agent does."""
    seq = first
    while seq <= last:
        reports = [
            health(each, taken_at=1_795_000_000.0 + each) for each in range(seq, seq + BATCH)
        ]
        answer = deliver(server, agent, *reports)
        if answer is None:
            server.wait_dead(0.1)
            continue
        assert answer["refused"] == []
        taken = answer["accepted"] + answer["already"]
        acknowledged.update((agent.host_id, each) for each in taken)
        seq += BATCH


def test_f1_a_server_that_is_killed_over_and_over_loses_and_doubles_nothing(
    agents, any_app, database_url, tmp_path, full
):
    server, random = Server(tmp_path, database_url), Random(1)  # noqa: S311 - repeatable
    kills = full(100)
    acknowledged: Counter[tuple[int, int]] = Counter()
    server.start()
    for kill in range(kills):
        first = kill * REPORTS_A_KILL // len(agents) + 1
        last = (kill + 1) * REPORTS_A_KILL // len(agents)
        senders = [
            threading.Thread(target=send_all, args=(server, agent, first, last, acknowledged))
            for agent in agents
        ]
        for sender in senders:
            sender.start()
        senders[0].join(random.random() * 0.5)
        server.kill()
        server.start()
        for sender in senders:
            sender.join(60)
            assert not sender.is_alive()
    server.stop()
    found = stored()
    assert set(found.values()) == {1}
    assert set(found) == set(acknowledged)
    assert len(found) == kills * REPORTS_A_KILL
    marks = db.session.scalars(select(HostSpool)).all()
    assert [(row.high_water, row.gaps) for row in marks] == [
        (kills * REPORTS_A_KILL // len(agents), [])
    ] * len(agents)


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("point", POINTS)
def test_f2_a_report_counts_once_whenever_the_server_dies(
    agents, any_app, database_url, tmp_path, point
):
    server, agent = Server(tmp_path, database_url, "-m", "tests.faults.dying_server"), agents[0]
    report = health(1)
    server.start()
    (tmp_path / "die-at").write_text(point)
    assert deliver(server, agent, report) is None
    assert server.wait_dead(30)
    is_there = point in {"after_commit", "before_answer"}
    assert bool(stored()) is is_there
    server.start()
    answer = deliver(server, agent, report)
    server.stop()
    assert answer is not None
    assert answer["already" if is_there else "accepted"] == [1]
    assert stored() == {(agent.host_id, 1): 1}
    assert len(db.session.scalars(select(StateChange)).all()) == 1
