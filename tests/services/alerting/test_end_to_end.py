"""From what an agent said to a letter that a person reads, and to the one that says it is over."""

import pytest

from itops.checks.base import State
from itops.db import db
from itops.models import AlertStatus, DeliveryState
from tests.components import answering
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


@pytest.mark.both_databases
def test_a_full_disk_is_told_once_and_so_is_its_end(any_app):
    here(any_app)
    with answering.post() as sink:
        told(mail_channel(sink), engineer())
        host = machine(AT, finding(State.CRITICAL))
        for at in (AT, AT + MINUTE):
            report(host, at, finding(State.CRITICAL))
            look(at)
        [alert] = alerts()
        assert (alert.status, alert.subject, alert.rule) == (
            AlertStatus.OPEN,
            f"host:{host.id}",
            "disk:/",
        )
        deliver(AT + 2 * MINUTE)
        report(host, AT + 3 * MINUTE)
        look(AT + 3 * MINUTE)
        deliver(AT + 4 * MINUTE)
        deliver(AT + 5 * MINUTE)
    db.session.refresh(alert)
    assert alert.status is AlertStatus.RESOLVED
    problem, recovery = sink.opened(0), sink.opened(1)
    assert len(sink.letters) == 2
    assert str(problem["Subject"]).startswith("[严重] ")
    assert f"https://it.hospital.example/alerts/{alert.id}" in problem.get_content()
    assert str(recovery["Subject"]).startswith("[已恢复] ")
    assert recovery["In-Reply-To"] == problem["Message-ID"]
    assert [one.state for one in messages()] == [DeliveryState.SENT, DeliveryState.SENT]
