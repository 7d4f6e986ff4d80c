"""Messages: once to each person, never lost silently, never repeated blindly."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.models import ChannelKind, Delivery, DeliveryKind, DeliveryState, Outbox, Role
from itops.services import sealing
from itops.services.alerting import settling, telling
from itops.services.alerting.delivering import QUEUE, TakenElsewhereError
from itops.services.alerting.signals import signal
from itops.services.engine import due_rows
from tests import factories
from tests.components import answering
from tests.services.alerting.world import (
    AT,
    MINUTE,
    alerts,
    deliver,
    engineer,
    finding,
    here,
    mail_channel,
    messages,
    outboxes,
    thing,
    told,
    trouble,
    web_channel,
)

WAITING, SENT, PERHAPS = DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.PERHAPS


@pytest.fixture
def sink():
    with answering.post() as server:
        yield server


@pytest.fixture
def web():
    with answering.web() as server:
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


@pytest.mark.both_databases
def test_f18_a_dead_channel_queues_delivers_once_and_a_second_one_says_so(any_app):
    here(any_app)
    person = engineer()
    dead = mail_channel()
    told(dead, person)
    with answering.web() as web, answering.post() as sink:
        told(web_channel(web))
        trouble()
        at = AT
        for _ in range(12):
            at += 4 * MINUTE
            deliver(at)
        said = [one.json["text"]["content"] for one in web.posted]
        assert sum("邮件" in text and "没有发出去" in text for text in said) == 1
        assert sum("检验服务器" in text for text in said) == 1
        assert next(one.state for one in messages() if one.recipient) is WAITING
        dead.settings = {**dead.settings, "port": sink.port}
        db.session.commit()
        for _ in range(8):
            at += 4 * MINUTE
            deliver(at)
        assert len(sink.letters) == 1
        over = [one.json["text"]["content"] for one in web.posted if "已恢复" in one.body.decode()]
        assert len(over) == 1
    assert {one.state for one in messages()} == {SENT}


def test_tries_come_later_and_later_and_end_after_three_days(app_here):
    told(mail_channel(), engineer())
    trouble()
    at, gaps = AT, []
    while (due := outboxes()[0].due_at) is not None:
        gaps.append(due - at)
        at = due
        deliver(at)
    assert gaps[:4] == [
        telling.PATIENCE,
        timedelta(seconds=30),
        timedelta(seconds=60),
        timedelta(seconds=120),
    ]
    assert max(gaps) == timedelta(minutes=15)
    assert timedelta(days=3) <= at - AT < timedelta(days=3, minutes=20)
    assert messages()[0].state is DeliveryState.FAILED


@pytest.mark.parametrize("kind", [ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU])
def test_a_robot_that_refuses_in_its_body_is_tried_again(app_here, web, kind):
    told(web_channel(web, kind))
    trouble()
    web.body = b'{"errcode":93000,"errmsg":"invalid webhook url"}'
    deliver(AT + MINUTE)
    [one] = messages()
    assert one.state is WAITING
    assert one.answer is not None
    assert one.answer["params"]["code"] == "93000"
    web.body = b'{"errcode":0,"errmsg":"ok","code":0}'
    deliver(AT + 5 * MINUTE)
    assert messages()[0].state is SENT
    assert len(web.posted) == 2


def test_no_answer_is_perhaps_and_is_not_repeated(app_here, web):
    told(web_channel(web))
    trouble()
    web.is_mute = True
    deliver(AT + MINUTE)
    web.is_mute = False
    for minutes in range(2, 200, 10):
        deliver(AT + minutes * MINUTE)
    assert len(web.posted) == 1
    assert messages()[0].state is PERHAPS


def test_a_webhook_is_repeated_with_the_same_id_until_it_answers(app_here, web):
    told(web_channel(web, ChannelKind.WEBHOOK))
    trouble()
    web.is_mute = True
    deliver(AT + MINUTE)
    web.is_mute = False
    deliver(AT + 10 * MINUTE)
    assert messages()[0].state is SENT
    first, second = web.posted
    assert first.headers["X-Itops-Delivery"] == second.headers["X-Itops-Delivery"]
    assert second.json["alerts"][0]["subject"] == "thing:1"


def claimed(at):
    """Take an outbox as a worker does that is killed later."""
    rows = due_rows.claim(QUEUE, at=at, limit=10, holder="dies")
    tasks = QUEUE.load(rows, at)
    db.session.commit()
    return rows, tasks


def test_killed_before_sending_it_is_sent_by_the_next(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble()
    claimed(AT + MINUTE)
    deliver(AT + 10 * MINUTE)
    assert len(sink.letters) == 1
    assert messages()[0].state is SENT


def test_killed_between_sending_and_marking_it_is_perhaps_and_not_repeated(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble()
    _, tasks = claimed(AT + MINUTE)
    QUEUE.carry_out(*tasks.values())
    assert len(sink.letters) == 1
    for minutes in range(5, 60, 5):
        deliver(AT + minutes * MINUTE)
    assert len(sink.letters) == 1
    [one] = messages()
    assert (one.state, one.answer) == (PERHAPS, {"key": "delivery.interrupted", "params": {}})


def test_after_an_interrupted_message_the_next_goes_out(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble("thing:1")
    _, tasks = claimed(AT + MINUTE)
    QUEUE.carry_out(*tasks.values())
    trouble("thing:2", name="第二台", at=AT + 2 * MINUTE)
    deliver(AT + 10 * MINUTE)
    assert [one.state for one in messages()] == [PERHAPS, SENT]
    assert "第二台" in str(sink.opened(1)["Subject"])


def test_two_workers_by_mistake_send_it_once(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble()
    _, first = claimed(AT + MINUTE)
    _, second = claimed(AT + 10 * MINUTE)
    QUEUE.carry_out(*first.values())
    with pytest.raises(TakenElsewhereError):
        QUEUE.carry_out(*second.values())
    assert len(sink.letters) == 1


@pytest.mark.both_databases
def test_many_threads_that_tell_of_one_alert_put_it_into_the_outbox_once(any_app):
    alert, person = trouble(), engineer()
    outbox = telling.outbox_for(mail_channel().id, person.id)
    db.session.commit()

    def put() -> None:
        with any_app.app_context():
            telling.put(alert, DeliveryKind.PROBLEM, outbox, at=AT)
            db.session.commit()

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(messages()) == 1


def test_what_lies_in_an_outbox_that_nobody_empties_is_found(app_here, sink):
    told(mail_channel(sink), engineer())
    trouble()
    db.session.execute(update(Outbox).values(due_at=None))
    db.session.commit()
    for _ in settling.settle(AT + MINUTE, Settings()):
        db.session.commit()
    deliver(AT + 2 * MINUTE)
    assert len(sink.letters) == 1


def test_a_message_that_can_not_be_written_is_said_and_does_not_stop_the_others(app_here, sink):
    """Its key is gone: the channel's secrets can't be read."""
    broken, good = mail_channel(sink, name="坏"), mail_channel(sink, name="好")
    told(broken, engineer(email="a@x.example"))
    told(good, engineer(email="b@x.example"))
    broken.sealed = sealing.seal(b"{}", "channel:999")
    trouble()
    db.session.commit()
    deliver(AT + MINUTE)
    assert [one.rcpt_tos for one in sink.letters] == [["b@x.example"]]
    failing = db.session.query(Delivery).filter_by(recipient="a@x.example").one()
    assert failing.answer is not None
    assert failing.answer["key"] == "sealing.not_ours"


def test_secrets_stand_in_no_representation_of_a_task(app_here, web):
    told(web_channel(web))
    trouble()
    _, tasks = claimed(AT + MINUTE)
    assert "key=1" not in repr(tasks)


def test_alerts_of_the_channel_itself_are_not_counted_twice(app_here):
    told(mail_channel(), engineer())
    trouble()
    for minutes in range(1, 60, 6):
        deliver(AT + minutes * MINUTE)
    assert [one.rule for one in alerts()] == ["disk:/", "channel"]
