"""Seals: one a day, to every place that was named, and what doesn't arrive is seen and repeated."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.models import AuditSeal, Channel, ChannelKind, Role
from itops.services.alerting import channels
from itops.services.audit import reading, sealing, seals
from itops.services.auditing import Actor, record
from itops.services.doctor import audit as doctor
from tests import factories
from tests.components import answering
from tests.conftest import NOON

pytestmark = pytest.mark.both_databases
WANG = Actor(None, "王敏")
DAY = timedelta(days=1)


@pytest.fixture
def settings(any_app, tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    own = any_app.config["ITOPS"]
    return replace(own, seal_folder=folder, messages_to_own_machine=True, hospital="县医院")


@pytest.fixture
def web():
    with answering.web() as server:
        yield server


@pytest.fixture
def mailbox():
    with answering.post() as server:
        yield server


def write(count: int = 1) -> None:
    for _ in range(count):
        record("user.edited", by=WANG, at=NOON)
        db.session.commit()


def seal(settings: Settings, at=NOON) -> None:
    for _ in sealing.seal_daily(at, settings):
        db.session.commit()


def channel(
    kind: ChannelKind, name: str, given: dict[str, Any], secrets: dict[str, str]
) -> Channel:
    made = Channel(kind=kind, name=name, settings=given, created_at=NOON, created_by="x")
    db.session.add(made)
    db.session.flush()
    channels.seal(made, secrets)
    db.session.commit()
    return made


def copies() -> list[tuple[str, bool]]:
    newest = sealing.standing(at=NOON).seal
    assert newest is not None
    return [(copy.recipient, copy.arrived_at is not None) for copy in newest.copies]


def test_a_log_is_sealed_once_a_day_into_both_files(settings):
    write(3)
    for at in (NOON, NOON + timedelta(hours=1), NOON + DAY):
        seal(settings, at)
    for folder in (settings.data_dir, settings.seal_folder):
        there = seals.read_file(folder / seals.FILE)
        assert [one.position for one in there] == [3, 3]
        assert reading.verify_all(there).seals == 1
    assert (settings.data_dir / seals.FILE).stat().st_mode & 0o077 == 0


def test_an_empty_log_needs_no_seal(settings):
    seal(settings)
    assert not (settings.data_dir / seals.FILE).exists()
    assert not sealing.standing(at=NOON).is_late


def test_a_log_that_began_today_is_not_late(settings):
    write(1)
    assert not sealing.standing(at=NOON + timedelta(hours=20)).is_late
    assert sealing.standing(at=NOON + timedelta(hours=30)).is_late


def test_a_seal_goes_to_the_audit_administrators_and_to_another_host(settings, web, mailbox):
    write(2)
    for role, address in ((Role.AUDIT_ADMIN, "audit@h.example"), (Role.HEAD, "head@h.example")):
        factories.user(role=role, email=address)
    relay = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
    channel(ChannelKind.MAIL, "院内邮件", relay | {"sender": "itops@h.example", "login": ""}, {})
    channel(ChannelKind.WEBHOOK, "second", {}, {"url": f"{web.url}/seal"})
    seal(replace(settings, seal_channels=("院内邮件", "second")))
    assert copies() == [("", True), ("", True), ("audit@h.example", True), ("", True)]
    (posted,) = web.posted
    assert posted.json["audit_seal"]["position"] == 2
    letter = mailbox.opened()
    assert letter["To"] == "audit@h.example"
    (line,) = [one for one in letter.get_content().splitlines() if one.startswith("{")]
    assert json.loads(line) == posted.json["audit_seal"]


def test_what_does_not_arrive_is_seen_by_the_doctor_and_sent_later(settings):
    write()
    settings.seal_folder.rmdir()
    named = replace(settings, seal_channels=("nowhere",))
    seal(named)
    assert copies() == [("", True), ("", False), ("", False)]
    found = [(one.check, one.state) for one in doctor.examine(at=NOON)]
    assert found == [
        ("audit_guards", State.OK),
        ("audit_seal", State.OK),
        *[("audit_copy", State.WARNING)] * 2,
    ]
    settings.seal_folder.mkdir()
    seal(named, NOON + timedelta(hours=1))
    assert copies() == [("", True), ("", True), ("", False)]
    assert len(seals.read_file(settings.seal_folder / seals.FILE)) == 1
    assert len(db.session.query(AuditSeal).all()) == 1


def test_a_log_that_is_not_sealed_is_found(settings):
    write()
    later = NOON + timedelta(hours=27)
    late = {one.check: one.state for one in doctor.examine(at=later)}
    assert late["audit_seal"] is State.WARNING
    seal(settings)
    assert {one.check: one.state for one in doctor.examine(at=later)}["audit_seal"] is State.WARNING
