"""What tests of alerting need: machines with findings, people who are told, an outbox emptied."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from itops.checks.base import Finding, State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import (
    Alert,
    Channel,
    ChannelKind,
    Criticality,
    Delivery,
    DeliveryKind,
    Host,
    HostState,
    Outbox,
    Role,
    Subscription,
    User,
)
from itops.services import installation
from itops.services.alerting import channels, host_signals, settling
from itops.services.alerting.delivering import QUEUE
from itops.services.alerting.signals import signal
from itops.services.alerting.subjects import Subject
from itops.services.engine import due_rows
from itops.services.engine.due_rows import Done
from tests import factories
from tests.components.answering import Post, Web

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in the hospital, a Monday
MINUTE = timedelta(minutes=1)
FULL = Message("finding.disk", {"mount": "/", "value": 97.0, "free": "1.2 GB"})


def finding(state: State, name: str = "disk:/", message: Message = FULL) -> Finding:
    return Finding(name, state, message)


def thing(key: str = "thing:1", **given: Any) -> Subject:
    return Subject(**{"key": key, "name": "检验服务器"} | given)


def machine(at: datetime = AT, *findings: Finding, **given: Any) -> Host:
    """Return a host that was heard just now, and said so."""
    state = State.worst(*(one.state for one in findings if one.counts))
    told = {
        "last_seen_at": at,
        "taken_at": at,
        "stale_at": at + 3 * MINUTE,
        "state": state,
        "state_since_at": at,
        "findings": [one.as_json() for one in findings],
    }
    kind = factories.asset_type("server", is_always_on=True)
    place = given.pop("site", None) or factories.site()
    asset = given.pop("asset", None) or factories.asset(type=kind, site=place)
    return factories.host(asset=asset, site=place, state=told, **given)


def report(host: Host, at: datetime, *findings: Finding) -> None:
    """Let a host be heard again."""
    state = State.worst(*(one.state for one in findings if one.counts))
    db.session.execute(
        update(HostState)
        .where(HostState.host_id == host.id)
        .values(
            state=state,
            stale_at=at + 3 * MINUTE,
            last_seen_at=at,
            findings=[one.as_json() for one in findings],
        )
        .execution_options(synchronize_session="fetch")
    )


def mail_channel(sink: Post | None = None, **given: Any) -> Channel:
    known = {
        "host": "localhost",
        "port": sink.port if sink else 1,
        "security": "none",
        "sender": "itops@hospital.example",
        "login": "",
    }
    filled = {"kind": ChannelKind.MAIL, "name": "邮件", "settings": known}
    return _channel({}, **filled | given)


def web_channel(web: Web, kind: ChannelKind = ChannelKind.WECOM, **given: Any) -> Channel:
    filled = {"kind": kind, "name": f"群 {kind}", "settings": {"host": "127.0.0.1"}}
    return _channel({"url": f"{web.url}/robot?key=1"}, **filled | given)


def _channel(secrets: dict[str, str], **given: Any) -> Channel:
    made = Channel(created_at=AT, created_by="test", **given)
    db.session.add(made)
    db.session.flush()
    channels.seal(made, secrets)
    db.session.flush()
    return made


def told(channel: Channel, user: User | None = None, **given: Any) -> Subscription:
    """Let somebody be told of everything through a channel."""
    site = given.get("site")
    made = Subscription(
        channel=channel,
        user=user,
        once_key=f"{channel.id} {user.id if user else 0} {site.id if site else 0}",
        created_at=AT,
        created_by="test",
        **{"from_state": State.WARNING, "from_criticality": Criticality.LOW} | given,
    )
    db.session.add(made)
    db.session.flush()
    return made


def engineer(**given: Any) -> User:
    filled = {"role": Role.ENGINEER, "email": "li@hospital.example", "language": "zh_Hans"}
    return factories.user(**filled | given)


def here(app: Flask, **given: Any) -> None:
    """Let messages go to servers on this machine, as tests' are."""
    settings = Settings(
        data_dir=app.config["ITOPS"].data_dir,
        database_url=app.config["ITOPS"].database_url,
        messages_to_own_machine=True,
        public_url="https://it.hospital.example",
        hospital="测试医院",
        **given,
    )
    installation.set_up(db.engine, settings)


def look(at: datetime) -> None:
    """Let both duties come round once."""
    for duty in (host_signals.look, settling.settle):
        for _ in duty(at, Settings()):
            db.session.commit()
        db.session.commit()


def deliver(at: datetime) -> list[Done]:
    """Empty every outbox that is due, as a worker does."""
    rows = due_rows.claim(QUEUE, at=at, limit=100, holder="test")
    tasks = QUEUE.load(rows, at)
    due_rows.forget(QUEUE, [row.id for row in rows if row.id not in tasks], holder="test")
    db.session.commit()
    done = []
    for row in rows:
        if row.id in tasks:
            try:
                done.append(Done(row, tasks[row.id], result=QUEUE.carry_out(tasks[row.id])))
            except Exception as error:  # noqa: BLE001 - as the worker does
                db.session.rollback()
                done.append(Done(row, tasks[row.id], error=error))
    due_rows.settle(QUEUE, done, at=at, holder="test")
    db.session.commit()
    return done


def alerts() -> list[Alert]:
    fresh = select(Alert).order_by(Alert.id).execution_options(populate_existing=True)
    return list(db.session.scalars(fresh))


def messages(kind: DeliveryKind | None = None) -> list[Delivery]:
    fresh = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return [one for one in db.session.scalars(fresh) if kind in {None, one.kind}]


def outboxes() -> list[Outbox]:
    fresh = select(Outbox).order_by(Outbox.id).execution_options(populate_existing=True)
    return list(db.session.scalars(fresh))


def trouble(key: str = "thing:1", state: State = State.CRITICAL, **given: Any) -> Alert:
    """Return an alert that is open."""
    at = given.pop("at", AT)
    rule = given.pop("rule", "disk:/")
    found = signal(thing(key, **given), rule, finding(state), at=at)
    assert found is not None
    db.session.commit()
    return found
