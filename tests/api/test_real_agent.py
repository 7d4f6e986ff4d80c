"""The agent's own code, run in this process, and the server understand each other word for word.

They share no code, only the wire's format: here a change of one that the other doesn't know fails.
"""

from datetime import timedelta

import pytest
from itops_agent import dead_letters, enrolling, health, identity
from itops_agent.inventory import collecting, identifiers
from itops_agent.sending.address import Address
from itops_agent.sending.connection import Connection
from itops_agent.sending.messages import Response
from itops_agent.sending.sender import Sender
from itops_agent.spool import Spool
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import Enrolment, HealthSample, Host, HostState, Inventory
from itops.services.auditing import Actor
from itops.services.enrolling import enrolment


class IntoTheApp(Connection):
    """What the agent posts over, led into the app and not into a network."""

    def __init__(self, app):
        super().__init__(Address("http://127.0.0.1"))
        self.client = app.test_client()

    def post(self, path, body, headers, *, seconds=None):
        answer = self.client.post(path, data=body, headers=headers)
        heads = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, heads, answer.data)


@pytest.fixture
def agent(any_app, tmp_path):
    """The spool and the sender of this machine's agent, enrolled by a code that approves."""
    by, ends_at = Actor(None, "test"), utcnow() + timedelta(hours=1)
    _, code = enrolment.make_code(site=None, approves=True, ends_at=ends_at, by=by, at=utcnow())
    db.session.commit()
    way, marks = IntoTheApp(any_app), identifiers.read("install-id")
    told = enrolling.ask(way, marks, code)
    spool = Spool(str(tmp_path / "spool"))
    bearer = f"Bearer {told['host']}.{told['key']}"
    yield spool, Sender(spool, way, bearer=bearer, machine=identity.fingerprint(marks))
    spool.close()


def delivered(spool, sender) -> int:
    """Send all that waits. Return how many reports the server took, none of them refused."""
    waiting: int = spool.waiting
    while spool.waiting:
        assert sender.send_one_batch(), (sender.last.key, sender.last.params)
    assert sender.last.enrolment == "approved"
    assert dead_letters.count(spool.refused_folder) == 0
    return waiting


@pytest.mark.both_databases
def test_every_report_of_the_real_agent_is_taken_whole(agent):
    spool, sender = agent
    now = utcnow().timestamp()
    collector = health.Collector(interval_seconds=60)
    for minute in range(3):
        report = collector.collect(at=now - 180 + 60 * minute, ticks=60.0 * minute)
        report["clock_skew_seconds"] = sender.last.skew_seconds
        report["spool"] = {"waiting": spool.waiting, "dropped": spool.dropped}
        spool.put(health.fitting(report))
    spool.put({"kind": "farewell", "taken_at": round(now, 3), "reason": "shutdown"})
    assert delivered(spool, sender) == 4
    host = db.session.scalars(select(Host)).one()
    assert (host.enrolment, host.name) == (Enrolment.APPROVED, identity.describe([])["hostname"])
    assert len(db.session.scalars(select(HealthSample)).all()) == 3
    state = db.session.get_one(HostState, host.id)
    assert state.latest is not None
    assert state.farewell_reason == "shutdown"


@pytest.mark.slow
def test_the_real_inventory_of_this_machine_is_taken_whole(agent):
    spool, sender = agent
    spool.put(collecting.collect(at=utcnow().timestamp()))
    assert delivered(spool, sender) == 1
    found = db.session.scalars(select(Inventory)).one().document
    assert found["os"]["name"]
    assert found["software"]
