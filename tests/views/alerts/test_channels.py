"""Channels, who is told and the log: for administrators, with secrets that never come back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    AuditEntry,
    Channel,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outbox,
    Role,
    Subscription,
)
from itops.services.alerting import channels, telling
from tests import factories
from tests.services.alerting.world import (
    alerts,
    deliver,
    engineer,
    here,
    mail_channel,
    messages,
    told,
    trouble,
)

HOUR = timedelta(hours=1)
TOKEN = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=very-secret"


def mail(**given: str) -> dict[str, str]:
    filled = {"name": "院内邮件", "language": "", "host": "mail.hospital.example", "port": "587"}
    sender = {"security": "starttls", "sender": "it@hospital.example", "login": "it"}
    return {**filled, **sender, "password": "guess-me", **given}


@pytest.fixture
def admin(sign_in):
    return sign_in(Role.SYSTEM_ADMIN, email="admin@hospital.example", name="管理员")


def only() -> Channel:
    db.session.expire_all()
    return db.session.scalars(select(Channel)).one()


def test_a_mail_channel_is_added_and_its_password_never_comes_back(admin):
    answer = admin.post("/alerts/channels/new/mail", data=mail())
    channel = only()
    assert answer.location == f"/alerts/channels/{channel.id}"
    assert channels.secrets_of(channel) == {"password": "guess-me"}
    assert b"guess-me" not in (channel.sealed or b"")
    for path in ("", f"/{channel.id}", f"/{channel.id}/edit"):
        assert "guess-me" not in admin.get(f"/alerts/channels{path}").text
    kept = str([entry.after for entry in db.session.scalars(select(AuditEntry))])
    assert "guess-me" not in kept


def test_a_robots_address_is_sealed_whole(admin):
    data = {"name": "信息科群", "language": "zh_Hans", "url": TOKEN, "secret": ""}
    admin.post("/alerts/channels/new/wecom", data=data)
    channel = only()
    assert channels.secrets_of(channel) == {"url": TOKEN}
    assert channel.settings == {"host": "qyapi.weixin.qq.com"}
    assert "very-secret" not in admin.get(f"/alerts/channels/{channel.id}/edit").text


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("mail", mail(name=""), "name"),
        ("mail", mail(host="mail hospital"), "host"),
        ("mail", mail(host="a\nb"), "host"),
        ("mail", mail(port="70000"), "port"),
        ("mail", mail(port="５x"), "port"),
        ("mail", mail(security="rot13"), "security"),
        ("mail", mail(sender="nobody"), "sender"),
        ("wecom", {"name": "群", "url": ""}, "url"),
        ("wecom", {"name": "群", "url": "javascript:alert(1)"}, "url"),
        ("wecom", {"name": "群", "url": "http://qyapi.weixin.qq.com/x?key=1"}, "url"),
        ("webhook", {"name": "群", "url": "http://me:you@host/"}, "url"),
        ("webhook", {"name": "群", "url": "https://host/", "language": "fr"}, "language"),
        ("webhook", {"name": "群", "url": "http://127.0.0.1:9/hook"}, "url"),
        ("webhook", {"name": "群", "url": "http://2130706433/hook"}, "url"),
        ("webhook", {"name": "群", "url": "http://[::ffff:127.0.0.1]/hook"}, "url"),
        ("webhook", {"name": "群", "url": "http://169.254.169.254/hook"}, "url"),
        ("dingtalk", {"name": "群", "url": "http://localhost/hook"}, "url"),
        ("mail", mail(host="localhost"), "host"),
        ("mail", mail(host="127.1"), "host"),
    ],
)
def test_a_wrong_field_is_named_and_no_channel_is_made(admin, kind, given, field):
    answer = admin.post(f"/alerts/channels/new/{kind}", data=given)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "guess-me" not in answer.text
    assert db.session.scalar(select(Channel.id)) is None


def test_there_are_only_so_many_kinds(admin):
    assert admin.get("/alerts/channels/new/pager").status_code == 404
    assert admin.post("/alerts/channels/new/pager", data=mail()).status_code == 404


def test_empty_secrets_stay_but_a_password_goes_to_no_other_server(admin):
    admin.post("/alerts/channels/new/mail", data=mail())
    edit = f"/alerts/channels/{only().id}/edit"
    moved = mail(password="", host="evil.example", version="1")
    answer = admin.post(edit, data=moved)
    assert answer.status_code == 400
    assert 'id="password-error"' in answer.text
    assert admin.post(edit, data=mail(password="", name="邮件", version="1")).status_code == 302
    assert (only().name, channels.secrets_of(only())) == ("邮件", {"password": "guess-me"})


def test_who_loses_a_race_is_told(admin):
    admin.post("/alerts/channels/new/mail", data=mail())
    edit = f"/alerts/channels/{only().id}/edit"
    assert admin.post(edit, data=mail(name="一", version="1")).status_code == 302
    answer = admin.post(edit, data=mail(name="二", version="1"))
    assert answer.status_code == 409
    assert only().name == "一"


def test_a_test_goes_into_the_administrators_own_outbox(admin):
    admin.post("/alerts/channels/new/mail", data=mail())
    channel = only()
    admin.post(f"/alerts/channels/{channel.id}/test")
    [delivery] = db.session.scalars(select(Delivery))
    assert (delivery.kind, delivery.recipient) == (DeliveryKind.TEST, "admin@hospital.example")
    assert "Waiting" in admin.get(f"/alerts/channels/{channel.id}").text


def test_an_address_on_this_machine_is_taken_where_the_settings_allow_it(app, admin):
    here(app)
    given = {"name": "群", "url": "http://127.0.0.1:9/hook", "secret": ""}
    assert admin.post("/alerts/channels/new/webhook", data=given).status_code == 302
    assert only().settings == {"host": "127.0.0.1"}


def test_a_test_that_fails_stays_on_the_channels_page(app, admin):
    here(app)
    told(mail_channel())
    given = {"name": "群", "url": "http://127.0.0.1:1/hook", "secret": ""}
    page = admin.post("/alerts/channels/new/webhook", data=given).location
    for _ in range(4):
        admin.post(f"{page}/test")
        deliver(utcnow() + HOUR)
        deliver(utcnow() + 2 * HOUR)
    assert [(one.state, one.attempts) for one in messages()] == [(DeliveryState.FAILED, 1)] * 4
    assert "127.0.0.1 port 1" in admin.get(page).text
    assert alerts() == []


def test_a_channel_is_switched_off_and_on(admin):
    admin.post("/alerts/channels/new/mail", data=mail())
    address = f"/alerts/channels/{only().id}/switch"
    admin.post(address, data={"to": "off"})
    assert not only().is_enabled
    admin.post(address, data={"to": "on"})
    assert only().is_enabled
    assert admin.post(address, data={"to": "x"}).status_code == 400


def test_a_head_sees_channels_and_the_log_and_changes_neither(sign_in):
    channel = mail_channel()
    head = sign_in(Role.HEAD)
    assert head.get(f"/alerts/channels/{channel.id}").status_code == 200
    assert head.get(f"/alerts/channels/{channel.id}/edit").status_code == 403
    assert head.post(f"/alerts/channels/{channel.id}/test").status_code == 403


def wish(channel: Channel, **given: str) -> dict[str, str]:
    filled = {"channel_id": str(channel.id), "site_id": "", "from_state": "critical"}
    return {**filled, "from_criticality": "low", **given}


def test_an_engineer_is_told_at_their_own_address_only(sign_in):
    channel, other = mail_channel(), engineer()
    client = sign_in(Role.ENGINEER, email="me@hospital.example", name="我")
    given = wish(channel, user_id=str(other.id))
    assert client.post("/alerts/subscriptions", data=given).status_code == 302
    [made] = db.session.scalars(select(Subscription))
    assert made.user is not None
    assert made.user.name == "我"
    client.post("/alerts/subscriptions", data=given | {"from_state": "warning"})
    db.session.expire_all()
    assert db.session.scalars(select(Subscription)).one().from_state == "warning"


def test_nobody_takes_away_what_another_is_told(sign_in):
    mine = told(mail_channel(), engineer())
    other = sign_in(Role.ENGINEER)
    assert other.post(f"/alerts/subscriptions/{mine.id}/remove").status_code == 404
    assert (
        sign_in(Role.SYSTEM_ADMIN).post(f"/alerts/subscriptions/{mine.id}/remove").status_code
        == 302
    )
    assert db.session.scalar(select(Subscription.id)) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel_id": ""}, "channel_id"),
        ({"channel_id": "999"}, "channel_id"),
        ({"from_state": "ok!"}, "from_state"),
        ({"site_id": "999"}, "site_id"),
        ({"user_id": "group"}, "channel_id"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(admin, given, field):
    answer = admin.post("/alerts/subscriptions", data=wish(mail_channel(), **given))
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text


def test_who_sees_no_alerts_is_not_told_of_them(admin):
    blind = factories.user(role=Role.REPORTER, email="x@hospital.example")
    answer = admin.post("/alerts/subscriptions", data=wish(mail_channel(), user_id=str(blind.id)))
    assert answer.status_code == 400
    assert "may see no alerts" in answer.text


def test_the_log_tells_what_became_of_each_message(admin):
    told(mail_channel(), engineer(name="李工"))
    alert = trouble(at=utcnow())
    db.session.scalars(select(Delivery)).one().state = DeliveryState.PERHAPS
    db.session.commit()
    page = admin.get("/alerts/deliveries").text
    assert "Perhaps sent" in page
    assert "李工" in page
    assert f"/alerts/{alert.id}" in page
    assert "李工" not in admin.get("/alerts/deliveries?state=sent").text
    assert "李工" in admin.get("/alerts/deliveries?state=nonsense&channel=x&before=y").text


def test_what_may_not_have_got_there_is_sent_again_by_a_person(admin):
    told(mail_channel(), engineer())
    trouble(at=utcnow())
    delivery = db.session.scalars(select(Delivery)).one()
    again = f"/alerts/deliveries/{delivery.id}/again"
    assert "on its way" in admin.post(again, follow_redirects=True).text
    delivery.state = DeliveryState.PERHAPS
    db.session.commit()
    admin.post(again)
    db.session.refresh(delivery)
    assert delivery.state is DeliveryState.WAITING
    assert db.session.scalars(select(Outbox)).one().due_at is not None
    assert admin.post("/alerts/deliveries/999/again").status_code == 404


def test_nothing_is_put_into_an_outbox_twice(app):
    alert = trouble(at=utcnow())
    outbox = telling.outbox_for(mail_channel().id, engineer().id)
    for _ in range(3):
        telling.put(alert, DeliveryKind.PROBLEM, outbox, at=utcnow())
    assert len(list(db.session.scalars(select(Delivery)))) == 1
