"""Reports come in once, all their effects with them, and only from who may."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import db
from itops.models import (
    AuditEntry,
    Enrolment,
    HealthSample,
    HostSpool,
    HostState,
    StateChange,
)
from itops.services.auditing import Actor
from itops.services.hosts import admitting
from itops.services.hosts import merging as host_merging
from tests import factories
from tests.api.reporting import Agent, disk, farewell, health, now
from tests.conftest import NOON

BY = Actor(None, "张工")

pytestmark = pytest.mark.both_databases


def state_of(agent):
    db.session.expire_all()
    return db.session.get_one(HostState, agent.host.id)


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_report_is_stored_and_decides_the_state(agent):
    answer = agent.send(health(7))
    assert (answer.status_code, answer.json["accepted"]) == (200, [7])
    assert answer.json["enrolment"] == "approved"
    assert answer.json["inventory_wanted"] is True
    state = state_of(agent)
    assert (state.state, state.shown(state.last_seen_at).state) == (State.OK, State.OK)
    assert state.stale_at - state.last_seen_at == timedelta(seconds=180)
    assert json.loads(state.latest)["seq"] == 7
    assert count(HealthSample) == 1


def test_a_second_delivery_answers_already_and_changes_nothing(agent):
    body = json.dumps(agent.envelope(health(1), health(2))).encode()
    assert agent.post(body).json["accepted"] == [1, 2]
    before = state_of(agent).latest
    assert agent.post(body, packed=True).json["already"] == [1, 2]
    assert (count(HealthSample), state_of(agent).latest) == (2, before)


def test_gaps_are_kept_until_they_are_filled(agent):
    agent.send(health(1), health(5))
    spool = db.session.scalars(select(HostSpool)).one()
    assert (spool.high_water, spool.gaps) == (5, [[2, 4]])
    answer = agent.send(health(3), health(5, cpu=health()["cpu"]))
    assert answer.status_code == 403  # 5 came with another time: not what it was
    agent2 = Agent(agent.client, machine="b" * 64)
    agent2.machine = "b" * 64
    agent2.send(health(1), health(5))
    assert agent2.send(health(3)).json["accepted"] == [3]
    row = db.session.get_one(HostSpool, (agent2.host.id, agent2.spool))
    assert row.gaps == [[2, 2], [4, 4]]


def test_one_poison_report_does_not_stop_the_others(agent):
    bad = health(2, cpu={"percent": "much"})
    answer = agent.send(health(1), bad, health(3), {"seq": 4, "kind": "dance"})
    assert answer.json["accepted"] == [1, 3]
    first, second = answer.json["refused"]
    assert (first["seq"], first["key"], first["field"]) == (2, "report.invalid", "cpu.percent")
    assert second["seq"] == 4


def test_a_duplicate_key_in_one_report_refuses_that_report(agent):
    twice = json.dumps(health(2))[:-1] + ', "users": 3}'
    text = json.dumps(agent.envelope(health(1), "HERE")).replace('"HERE"', twice)
    answer = agent.post(text.encode())
    assert answer.json["accepted"] == [1]
    assert answer.json["refused"][0]["field"] == "users"


@pytest.mark.parametrize(
    "given",
    [{"schema": 0}, {"spool": "x"}, {"machine": None}, {"reports": []}, {"more": 1}, {"agent": 7}],
)
def test_a_wrong_envelope_stores_nothing_and_names_the_field(agent, given):
    answer = agent.send(health(1), **given)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["errors"][0]["field"].startswith(next(iter(given)))
    assert count(HealthSample) == 0


def test_a_newer_schema_may_say_more(agent):
    newer = health(1, moons=[1, {"x": 2}])
    newer["cpu"]["sockets"] = 2
    answer = agent.send(newer, schema=2, greeting="hello")
    assert answer.json["accepted"] == [1]
    wrong = agent.send(health(2, users="two", moons=1), schema=2)
    assert wrong.json["refused"][0]["field"] == "users"


@pytest.mark.parametrize("bearer", ["", "Bearer x", "Basic eDp5", "Bearer {0}.wrong-key-wrong-key"])
def test_who_has_no_key_is_not_heard(agent, bearer):
    answer = agent.post(b"{", Authorization=bearer.format(agent.host.public_id))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_key_speaks_for_its_own_host_only(agent):
    other = Agent(agent.client, machine="c" * 64)
    crossed = f"Bearer {other.host.public_id}.{agent.key}"
    assert agent.post(b"{}", Authorization=crossed).status_code == 401


def test_a_waiting_host_is_heard_and_told_so(client):
    agent = Agent(client, enrolment=Enrolment.PENDING)
    assert agent.send(health(1)).json["enrolment"] == "pending"
    assert count(HealthSample) == 1


def test_a_revoked_key_is_dead_with_the_next_request(agent):
    assert agent.send(health(1)).status_code == 200
    admitting.revoke(agent.host, by=BY, at=NOON)
    assert agent.send(health(2)).status_code == 401
    assert count(HealthSample) == 1


def test_a_merged_identity_is_dead_until_it_is_split(agent):
    new = factories.host()
    host_merging.merge(agent.host, into=new, by=BY, at=NOON)
    assert agent.send(health(1)).status_code == 401
    host_merging.split(agent.host, by=BY, at=NOON)
    assert agent.send(health(1)).status_code == 200


def test_one_key_from_two_machines_sets_both_aside(agent):
    twin = Agent(agent.client, machine="d" * 64)
    assert agent.send(health(1)).status_code == 200
    agent.machine = twin.machine = "d" * 64
    assert agent.send(health(2)).status_code == 403
    assert twin.send(health(1)).status_code == 403
    assert agent.send(health(2), machine="a" * 64).status_code == 403
    db.session.expire_all()
    assert agent.host.quarantine["key"] == "quarantine.two_machines"
    assert twin.host.quarantined_at is not None
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions == ["host.quarantined", "host.quarantined"]
    assert count(HealthSample) == 1


def test_a_number_with_another_body_is_a_copy_and_nothing_of_it_is_kept(agent):
    agent.send(health(1), health(2))
    answer = agent.send(health(2, users=9), health(3))
    assert answer.status_code == 403
    assert count(HealthSample) == 2
    db.session.expire_all()
    assert agent.host.quarantine["key"] == "quarantine.number_reused"
    admitting.release(agent.host, by=BY, at=NOON)
    assert agent.send(health(3)).json["accepted"] == [3]


def test_a_new_spool_counts_from_one_again(agent):
    agent.send(health(1), health(2))
    agent.spool = "f" * 32
    assert agent.send(health(1, users=5)).json["accepted"] == [1]


def test_late_reports_are_history_and_judge_nothing(agent):
    full = [disk("/", free=0.1)]
    agent.send(health(9))
    late = [health(n, taken_at=now() - 3600 * (9 - n), disks=full) for n in range(1, 9)]
    assert len(agent.send(*late).json["accepted"]) == 8
    assert state_of(agent).state is State.OK
    assert count(HealthSample) == 9
    assert [row.new for row in db.session.scalars(select(StateChange))] == [State.OK]


def test_old_reports_alone_don_t_say_how_a_host_is_now(agent):
    agent.send(health(1, taken_at=now() - 7200, disks=[disk("/", free=0.1)]))
    state = state_of(agent)
    assert (state.taken_at, count(StateChange), count(HealthSample)) == (None, 0, 1)
    assert state.shown(state.last_seen_at).reason.key == "host_state.no_health_yet"


def test_sample_times_are_corrected_by_the_skew_and_the_original_kept(agent):
    ahead = now() + 3600
    agent.send(health(1, taken_at=ahead, clock_skew_seconds=3600.0), sent_at=ahead)
    sample = db.session.scalars(select(HealthSample)).one()
    assert sample.taken_ms == int(ahead * 1000)
    assert abs(sample.at_ms - (ahead - 3600) * 1000) < 2000
    findings = state_of(agent).findings
    assert (findings[0]["name"], findings[0]["state"]) == ("clock", "critical")


def test_trouble_and_recovery_are_rows(agent):
    agent.send(health(1))
    agent.send(health(2, disks=[disk("/", free=0.3)]))
    state = state_of(agent)
    assert (state.state, state.findings[0]["message"]["key"]) == (State.CRITICAL, "finding.disk")
    agent.send(health(3))
    rows = db.session.scalars(select(StateChange).order_by(StateChange.id))
    assert [(row.old, row.new) for row in rows] == [
        ("unknown", "ok"),
        ("ok", "critical"),
        ("critical", "ok"),
    ]


def test_a_farewell_is_unknown_until_the_next_health(agent):
    agent.send(health(1))
    agent.send(farewell(2))
    state = state_of(agent)
    assert state.shown(state.last_seen_at).reason.key == "host_state.shutdown"
    agent.send(health(3))
    state = state_of(agent)
    assert state.shown(state.last_seen_at).state is State.OK
    rows = db.session.scalars(select(StateChange).order_by(StateChange.id))
    assert [row.new for row in rows] == ["ok", "unknown", "ok"]


def test_silence_that_ended_is_a_row_of_its_own(agent):
    agent.send(health(1))
    state, long_ago = state_of(agent), datetime(2026, 1, 6, tzinfo=UTC)
    state.stale_at, state.taken_at = long_ago, long_ago
    agent.client.application.extensions["reports"].writer.known.forget()  # as after a restart
    agent.send(health(2))
    rows = db.session.scalars(select(StateChange).order_by(StateChange.id)).all()
    assert [row.new for row in rows] == ["ok", "unknown", "ok"]
    assert rows[1].at == long_ago


def test_services_stay_while_reports_leave_them_out(agent):
    agent.send(health(1, services=[{"name": "sshd", "state": "running"}]))
    agent.send(health(2))
    assert json.loads(state_of(agent).services) == [{"name": "sshd", "state": "running"}]


def test_a_bomb_is_refused_before_it_is_unpacked(agent):
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    assert len(bomb) < 1024 * 1024
    answer = agent.post(bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_sizes_lengths_and_methods_are_answered_clearly(agent):
    assert agent.post(b"x" * (1024 * 1024 + 1)).status_code == 413
    assert agent.post(b"{}", **{"Content-Length": "7x"}).status_code in {400, 413}
    assert agent.post(b"{}", **{"Content-Encoding": "br"}).status_code == 400
    answer = agent.client.get("/api/v1/reports")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_refusal_has_a_number_that_stands_in_the_log_too(agent, caplog):
    caplog.set_level("INFO", "itops.api.reports")

    answer = agent.post(b"{}", Authorization="Bearer nobody")

    number = answer.headers["X-Request-ID"]
    assert answer.json["instance"] == number
    assert [record.request_id for record in caplog.records] == [number]
    assert "nobody" not in caplog.text
