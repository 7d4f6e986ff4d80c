"""Messages: once to each person, never lost silently, never repeated blindly."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from itops.config import Settings
from itops.db import db
from itops.models import ChannelKind, Delivery, DeliveryKind, DeliveryState, Outbox
from itops.services.alerting import settling, telling
from itops.services.alerting.delivering import QUEUE, TakenElsewhereError
from itops.services.engine import due_rows
from itops.services.engine.due_rows import Done, InterruptedTooOftenError
from itops.services.secrets import sealing
from tests.components import answering
from tests.services.alerting.world import (
    AT,
    MINUTE,
    alerts,
    deliver,
    engineer,
    here,
    mail_channel,
    messages,
    outboxes,
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


def test_a_test_on_a_dead_channel_fails_alone_and_trouble_waits(app_here):
    dead, person = mail_channel(), engineer()
    told(dead, person)
    telling.put(None, DeliveryKind.TEST, telling.outbox_for(dead.id, person.id), at=AT)
    trouble()
    deliver(AT + MINUTE)
    states = {one.kind: one.state for one in messages()}
    assert states == {DeliveryKind.TEST: DeliveryState.FAILED, DeliveryKind.PROBLEM: WAITING}
    db.session.refresh(dead)
    assert outboxes()[0].failures == dead.failures == 1


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


def test_workers_that_died_three_times_do_not_make_the_others_wait(app_here, sink):
    """Each took its own message along; what came later goes out at once."""
    told(mail_channel(sink), engineer())
    trouble()
    rows, tasks = claimed(AT + MINUTE)
    dead = Done(rows[0], tasks[rows[0].id], error=InterruptedTooOftenError(3))
    due_rows.settle(QUEUE, [dead], at=AT + 2 * MINUTE, holder="dies")
    db.session.commit()
    deliver(AT + 3 * MINUTE)
    assert (outboxes()[0].failures, messages()[0].state) == (0, SENT)
