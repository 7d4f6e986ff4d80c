"""A server is killed in the moment that a message goes out: nobody reads it twice."""

from datetime import timedelta

import pytest

from itops.clock import utcnow
from itops.db import db
from itops.models import ChannelKind, DeliveryState
from itops.services import first_start
from tests.components import answering
from tests.faults.test_check_interrupted import looking_at
from tests.services.alerting.world import (
    engineer,
    mail_channel,
    messages,
    told,
    trouble,
    web_channel,
)
from tests.services.checking.conftest import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
HERE = {"ITOPS_MESSAGES_TO_OWN_MACHINE": "true"}
OUTCOMES = {DeliveryState.SENT, DeliveryState.PERHAPS}


def settled(count: int) -> bool:
    db.session.rollback()
    return sum(one.state in OUTCOMES for one in messages()) == count


def test_killed_as_the_mail_server_takes_the_letter(server, full):
    """The letter is there, that it was sent is not written down: perhaps, and not again."""
    rounds = full(20)
    server.settings = HERE
    with looking_at(server), answering.post() as sink:
        first_start.make_ready(at=utcnow())
        told(mail_channel(sink), engineer())
        db.session.commit()
        for number in range(rounds):
            server.start()
            sink.when_taken = server.kill
            trouble(f"thing:{number}", name=f"机器{number}", at=utcnow() - timedelta(seconds=9))
            assert sink.came.acquire(timeout=60)
            wait_until(lambda: server.process.poll() is not None)
            sink.when_taken = None
        server.start()
        trouble("thing:last", name="最后一台", at=utcnow() - timedelta(seconds=9))
        wait_until(lambda: settled(rounds + 1), seconds=90)
        server.stop()
        db.session.rollback()
        states = [one.state for one in messages()]
        assert states == [DeliveryState.PERHAPS] * rounds + [DeliveryState.SENT]
        subjects = [str(sink.opened(at)["Subject"]) for at in range(len(sink.letters))]
        assert len(subjects) == len(set(subjects)) == rounds + 1


def test_killed_as_the_webhook_takes_it_the_receiver_sees_the_same_id_again(server):
    server.settings = HERE
    with looking_at(server), answering.web() as web:
        first_start.make_ready(at=utcnow())
        told(web_channel(web, ChannelKind.WEBHOOK))
        db.session.commit()
        server.start()
        web.when_taken = server.kill
        trouble(at=utcnow() - timedelta(seconds=9))
        assert web.came.acquire(timeout=60)
        wait_until(lambda: server.process.poll() is not None)
        web.when_taken = None
        server.start()
        wait_until(lambda: settled(1), seconds=90)
        server.stop()
        db.session.rollback()
        assert [one.state for one in messages()] == [DeliveryState.SENT]
        assert len({one.headers["X-Itops-Delivery"] for one in web.posted}) == 1
