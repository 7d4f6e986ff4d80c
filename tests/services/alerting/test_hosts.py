"""Agents' machines: what they say and that they say nothing, looked at by a duty, as of now."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from itops.checks.base import State
from itops.db import db
from itops.models import Alert, AlertStatus, Criticality, Enrolment, HostState
from itops.services.alerting import vigils
from tests import factories
from tests.components import answering
from tests.queries import counted
from tests.services.alerting.world import (
    AT,
    MINUTE,
    alerts,
    deliver,
    engineer,
    finding,
    here,
    look,
    machine,
    mail_channel,
    messages,
    report,
    told,
)

#: Noon of the Sunday before.
SUNDAY = AT - timedelta(days=1)


def found() -> set[tuple[str, str, str]]:
    """Return what stands: subject's kind, rule and status."""
    return {
        (one.subject.partition(":")[0], one.rule, one.status.value)
        for one in alerts()
        if one.open_key is not None
    }


def pc(at=AT, *findings, **given):
    """A workstation of the ordinary kind."""
    asset = factories.asset(type=factories.asset_type("workstation"), **given)
    return machine(at, *findings, asset=asset, site=asset.site)


def test_each_finding_of_a_machine_is_an_alert_of_its_own(app):
    machine(AT, finding(State.CRITICAL, "disk:/"), finding(State.WARNING, "cpu"))
    look(AT)
    assert found() == {("host", "disk:/", "open"), ("host", "cpu", "open")}


def test_a_finding_that_is_gone_is_over_and_the_others_stay(app):
    host = machine(AT, finding(State.CRITICAL, "disk:/"), finding(State.WARNING, "cpu"))
    look(AT)
    report(host, AT + MINUTE, finding(State.WARNING, "cpu"))
    look(AT + MINUTE)
    assert found() == {("host", "cpu", "open")}
    report(host, AT + 2 * MINUTE)
    look(AT + 2 * MINUTE)
    assert found() == set()


def test_of_an_ordinary_pc_only_what_is_critical_is_an_alert(app):
    pc(AT, finding(State.WARNING, "disk:/"), finding(State.UNKNOWN, "antivirus"))
    look(AT)
    assert found() == set()
    pc(AT, finding(State.WARNING, "disk:/"), criticality=Criticality.HIGH)
    pc(AT, finding(State.CRITICAL, "cpu"))
    look(AT + MINUTE)
    assert found() == {("host", "disk:/", "open"), ("host", "cpu", "open")}


def test_a_silent_server_is_an_alert_since_it_fell_silent(app):
    machine(AT)
    for minutes in range(3):
        look(AT + minutes * MINUTE)
    assert found() == set()
    look(AT + 4 * MINUTE)
    [alert] = alerts()
    assert (alert.rule, alert.state, alert.status) == ("silence", State.UNKNOWN, "open")
    assert alert.first_seen_at == AT + 3 * MINUTE


def test_a_silent_server_that_is_heard_again_is_well(app):
    host = machine(AT)
    look(AT)
    look(AT + 2 * MINUTE)
    look(AT + 5 * MINUTE)
    report(host, AT + 6 * MINUTE)
    look(AT + 6 * MINUTE)
    assert [one.status for one in alerts()] == [AlertStatus.RESOLVED]


def test_what_a_silent_machine_said_last_stands(app):
    machine(AT, finding(State.CRITICAL, "disk:/"))
    for minutes in range(0, 8, 2):
        look(AT + minutes * MINUTE)
    assert found() == {("host", "disk:/", "open"), ("host", "silence", "open")}


@pytest.mark.parametrize(("moment", "is_told"), [(AT, True), (SUNDAY, False)])
def test_a_workstation_is_missed_in_working_hours_only(app, moment, is_told):
    pc(moment)
    for minutes in range(0, 10, 2):
        look(moment + minutes * MINUTE)
    assert bool(alerts()) is is_told


def test_a_workstation_that_said_farewell_is_not_missed(app):
    host = pc(AT)
    db.session.execute(
        update(HostState)
        .where(HostState.host_id == host.id)
        .values(farewell_at=AT, farewell_reason="shutdown")
    )
    for minutes in range(0, 10, 2):
        look(AT + minutes * MINUTE)
    assert alerts() == []


def test_after_our_own_absence_the_machines_get_time_to_be_heard(app):
    """The server was down for three days: nobody was silent but itself."""
    hosts = [machine(AT) for _ in range(5)]
    look(AT)
    back = AT + timedelta(days=3)
    look(back)
    look(back + 2 * MINUTE)
    assert alerts() == []
    for host in hosts[1:]:
        report(host, back + 3 * MINUTE)
    at = back + 2 * MINUTE
    while at < back + vigils.GRACE + 2 * MINUTE:
        at += 2 * MINUTE
        for host in hosts[1:]:
            report(host, at)
        look(at)
    assert [one.host_id for one in alerts()] == [hosts[0].id]


def test_f12_after_three_days_down_a_person_gets_one_message(app):

    here(app)
    with answering.post() as sink:
        channel = mail_channel(sink)
        for name in "abc":
            told(channel, engineer(email=f"{name}@x.example"))
        look(AT)
        back = AT + timedelta(days=3)
        for number in range(40):
            machine(back, finding(State.CRITICAL, f"disk:/{number}"))
        look(back)
        look(back + MINUTE)
        deliver(back + 2 * MINUTE)
        deliver(back + 3 * MINUTE)
        assert len(alerts()) == 40
        assert sorted(one.rcpt_tos[0] for one in sink.letters) == [f"{n}@x.example" for n in "abc"]
    assert len(messages()) == 120


def test_what_came_and_went_while_nobody_looked_is_told_to_nobody(app):
    """F3: a machine that was offline for days sends old trouble that is long over."""
    host = machine(AT)
    look(AT)
    report(host, AT + MINUTE, finding(State.CRITICAL))
    report(host, AT + MINUTE)
    look(AT + MINUTE)
    assert alerts() == []


def test_a_whole_site_that_falls_silent_is_one_alert(app):
    told(mail_channel(), engineer(), from_state=State.WARNING)
    site = factories.site(name="龙泉镇卫生院")
    for _ in range(6):
        machine(AT, site=site)
    machine(AT, site=factories.site())
    other = machine(AT, site=factories.site())
    for minutes in range(0, 8, 2):
        report(other, AT + minutes * MINUTE)
        look(AT + minutes * MINUTE)
    [cause] = [one for one in alerts() if one.subject == f"site:{site.id}"]
    assert cause.message["params"] == {"silent": 6, "total": 6, "n": 1}
    under = [one for one in alerts() if one.cause_id == cause.id]
    assert [one.status for one in under] == [AlertStatus.QUIET] * 6
    assert len(messages()) == 2


def test_a_site_that_is_heard_again_is_one_recovery(app):
    site = factories.site()
    hosts = [machine(AT, site=site) for _ in range(4)]
    for minutes in range(0, 8, 2):
        look(AT + minutes * MINUTE)
    for host in hosts:
        report(host, AT + 9 * MINUTE)
    look(AT + 9 * MINUTE)
    assert found() == set()


def test_a_machine_that_is_looked_after_no_more_has_no_alerts(app):
    host = machine(AT, finding(State.CRITICAL))
    look(AT)
    host.enrolment = Enrolment.REVOKED
    look(AT + MINUTE)
    assert found() == set()


def test_a_machine_that_is_not_believed_is_an_alert(app):
    host = machine(AT, finding(State.CRITICAL))
    host.quarantined_at = AT
    look(AT)
    assert found() == {("host", "quarantine", "open")}
    host.quarantined_at = None
    look(AT + MINUTE)
    assert found() == {("host", "disk:/", "open")}


def test_a_fleet_that_is_well_costs_no_question_a_machine(app):
    for _ in range(3):
        machine(AT)
    look(AT)
    with counted() as few:
        look(AT + MINUTE)
    for _ in range(30):
        machine(AT)
    with counted() as many:
        look(AT + MINUTE)
    assert len(many) <= len(few)


def test_a_fleet_that_is_ill_is_read_in_groups(app):
    for _ in range(60):
        machine(AT, finding(State.CRITICAL))
    look(AT)
    with counted() as asked:
        look(AT + 30 * timedelta(seconds=1))
    assert len(asked) < 40
    assert db.session.query(Alert).count() == 60
