"""Checks as they are carried out: real ports, a real sshd, verdicts, figures, and who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Alert,
    Check,
    CheckChange,
    CheckTranscript,
    Credential,
    HostKey,
    HostKeyState,
)
from itops.services.auditing import Actor
from itops.services.checking import host_keys
from itops.services.history.reading import metrics_of_check, read_check
from tests import factories
from tests.services.checking.conftest import account, approved, carried_out

ME = Actor(None, "测试")


def findings(check: Check) -> list[str]:
    return [one["message"]["key"] for one in check.findings]


@pytest.mark.both_databases
def test_a_port_that_answers_is_ok_with_its_figures(any_app, port):
    check = factories.check(params={"port": port}, due_at=utcnow())
    carried_out(any_app, check)
    assert check.state is State.OK
    assert check.is_hard
    assert check.due_at is not None
    assert check.stale_at is not None
    assert check.stale_at > check.due_at > utcnow()
    assert metrics_of_check(check.id) == ["tcp.connect_seconds"]
    at = utcnow()
    series = read_check(check.id, "tcp.connect_seconds", at - timedelta(hours=1), at)
    assert len(series.values) == 1
    assert [(c.old, c.new) for c in db.session.scalars(select(CheckChange))] == [
        (State.UNKNOWN, State.OK)
    ]


@pytest.mark.both_databases
def test_a_disk_over_ssh_through_the_page_of_a_real_machine(any_app, sshd):
    approved(sshd)
    check = factories.check(
        kind="disk", params={}, port=sshd.port, credential=account(sshd), due_at=utcnow()
    )
    carried_out(any_app, check)
    assert check.state is not State.UNKNOWN, check.findings
    assert "disk.used_percent:/" in metrics_of_check(check.id)
    assert "inodes" in db.session.scalars(select(CheckTranscript.text)).one()
    assert db.session.scalars(select(Credential.last_used_at)).one() is not None


def test_without_an_approved_key_nothing_is_sent_and_the_key_waits(any_app, own_sshd):
    own_sshd.start()
    check = factories.check(
        kind="disk", params={}, port=own_sshd.port, credential=account(own_sshd), due_at=utcnow()
    )
    carried_out(any_app, check)
    assert check.state is State.UNKNOWN
    assert findings(check) == ["check_state.host_key_waits"]
    key = db.session.scalars(select(HostKey)).one()
    assert (key.state, key.fingerprint) == (HostKeyState.PENDING, own_sshd.host_key().sha256)
    assert "userauth" not in own_sshd.log
    assert "Accepted" not in own_sshd.log

    host_keys.approve(key, by=ME, at=utcnow())
    carried_out(any_app, check)
    assert findings(check) == ["check.disk.space"]
    assert "Accepted publickey" in own_sshd.log


def test_another_key_is_critical_at_once_and_stops_the_check(any_app, own_sshd):
    own_sshd.start()
    other = approved(
        own_sshd, fingerprint="SHA256:another", public_key=WRONG, algorithm="ssh-ed25519"
    )
    check = factories.check(
        kind="disk", params={}, port=own_sshd.port, credential=account(own_sshd), due_at=utcnow()
    )
    carried_out(any_app, check)
    assert (check.state, check.is_hard) == (State.CRITICAL, True)
    assert findings(check) == ["remote.host_key_changed"]
    assert "Accepted" not in own_sshd.log
    waiting = db.session.scalars(select(HostKey).where(HostKey.state == HostKeyState.PENDING)).one()
    assert waiting.fingerprint == own_sshd.host_key().sha256
    alert = db.session.scalars(select(Alert)).one()
    assert alert.state is State.CRITICAL

    host_keys.approve(waiting, by=ME, at=utcnow())
    carried_out(any_app, check)
    assert findings(check) == ["check.disk.space"]
    db.session.refresh(other)
    assert other.state is HostKeyState.REPLACED


WRONG = "AAAAC3NzaC1lZDI1NTE5AAAAIJfW6vG6TqIigF1Gq8iRXH9y7ZsrRgjeInrrNDV4wbXW"
