"""Who is told of what, in which words: nobody of what they may not see, everybody once."""

import pytest

from itops.checks.base import State
from itops.db import db
from itops.models import DeliveryKind, DeliveryState, Role
from itops.services.alerting.signals import signal
from tests import factories
from tests.components import answering
from tests.services.alerting.world import (
    AT,
    MINUTE,
    deliver,
    engineer,
    finding,
    here,
    mail_channel,
    messages,
    thing,
    told,
    trouble,
)

WAITING, SENT, PERHAPS = DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.PERHAPS


@pytest.fixture
def sink():
    with answering.post() as server:
        yield server


@pytest.fixture
def app_here(app):
    here(app)
    return app


def over(at=AT + MINUTE, key: str = "thing:1") -> None:
    signal(thing(key), "disk:/", finding(State.OK), at=at)
    db.session.commit()


def test_what_happens_together_is_told_in_one_message(app_here, sink):
    told(mail_channel(sink), engineer())
    for number in range(30):
        trouble(f"thing:{number}", name=f"机器{number:02}", state=State.CRITICAL)
    deliver(AT + MINUTE)
    assert len(sink.letters) == 1
    letter = sink.opened()
    assert str(letter["Subject"]) == "itops：30 条告警"
    assert "另外还有 10 条" in letter.get_content()
    assert {one.state for one in messages()} == {SENT}


def test_each_person_reads_their_own_language(app_here, sink):
    channel = mail_channel(sink)
    told(channel, engineer(email="zh@x.example", language="zh_Hans"))
    told(channel, engineer(email="en@x.example", language="en"))
    trouble(name="检验服务器", name_en="Laboratory server")
    deliver(AT + MINUTE)
    subjects = {sink.letters[i].rcpt_tos[0]: str(sink.opened(i)["Subject"]) for i in (0, 1)}
    assert subjects["zh@x.example"].startswith("[严重] 检验服务器")
    assert subjects["en@x.example"].startswith("[Critical] Laboratory server")


def test_links_lead_to_the_public_address_and_never_to_a_host_header(app_here, sink):
    told(mail_channel(sink), engineer())
    alert = trouble()
    deliver(AT + MINUTE)
    assert f"https://it.hospital.example/alerts/{alert.id}" in sink.opened().get_content()


def test_nobody_is_told_of_what_they_may_not_see(app_here):
    mine, others = factories.site(), factories.site()
    channel = mail_channel()
    told(channel, engineer(email="all@x.example"))
    told(channel, engineer(role=Role.SITE_OFFICER, site=mine, email="mine@x.example"))
    told(channel, engineer(role=Role.REPORTER, email="none@x.example"))
    trouble("thing:1", site_id=others.id)
    assert [one.recipient for one in messages()] == ["all@x.example"]
    trouble("thing:2", site_id=mine.id)
    assert {one.recipient for one in messages()} == {"all@x.example", "mine@x.example"}


def test_a_subscription_says_of_which_site_state_and_worth(app_here):
    here_, below = factories.site(), None
    below = factories.site(parent_id=here_.id)
    channel = mail_channel()
    told(channel, engineer(email="site@x.example"), site=here_)
    told(channel, engineer(email="worst@x.example"), from_state=State.CRITICAL)
    told(channel, engineer(email="dear@x.example"), from_criticality="high")
    trouble("thing:1", state=State.WARNING, site_id=below.id)
    trouble("thing:2", state=State.WARNING, criticality="life")
    trouble("thing:3", state=State.UNKNOWN)
    trouble("thing:4", state=State.CRITICAL)
    by_alert: dict[str, set[str]] = {}
    for one in messages():
        assert one.alert is not None
        by_alert.setdefault(one.alert.subject, set()).add(one.recipient.partition("@")[0])
    assert by_alert == {"thing:1": {"site"}, "thing:2": {"dear"}, "thing:4": {"worst"}}


def test_who_lost_the_right_meanwhile_is_not_told(app_here, sink):
    person = engineer()
    told(mail_channel(sink), person)
    trouble()
    person.grants.clear()
    db.session.commit()
    deliver(AT + MINUTE)
    assert sink.letters == []
    assert messages()[0].state is DeliveryState.DROPPED


def test_a_shut_account_is_not_told(app_here, sink):
    person = engineer()
    told(mail_channel(sink), person)
    trouble()
    person.is_enabled = False
    db.session.commit()
    deliver(AT + MINUTE)
    assert sink.letters == []


def test_what_was_over_before_it_was_told_is_told_once_with_its_end(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble()
    over()
    deliver(AT + 2 * MINUTE)
    assert [one.kind for one in messages()] == [DeliveryKind.PROBLEM]
    assert str(sink.opened()["Subject"]).startswith("[已恢复]")
