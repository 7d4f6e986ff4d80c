"""Backups: an order about a module closes once every backup of it was read whole or restored."""

from datetime import timedelta

import pytest

from itops.checks.base import State
from itops.db import db
from itops.errors import Refused
from itops.models import (
    BackupJob,
    BackupKind,
    ProvenBy,
    SeenBy,
    SystemModule,
    Verification,
    VerificationLevel,
    WorkStatus,
)
from itops.models.backup import SIGNED_BY
from itops.services.maintenance import attesting, evidence
from itops.services.maintenance.attesting import Claim
from tests import factories
from tests.services.maintenance.planned import TODAY, actor, at, order, records

RULE = "verified_backup"


@pytest.fixture
def module(app):
    found = SystemModule(
        code="HIS", name="HIS", site=factories.site(), created_at=at().at, updated_at=at().at
    )
    db.session.add(found)
    db.session.flush()
    return found


def job(module, name: str = "HIS 每日全备") -> BackupJob:
    made = BackupJob(
        name=name,
        module=module,
        site_id=module.site_id,
        kind=BackupKind.POSTGRESQL,
        seen_by=SeenBy.HEARTBEAT,
        every_minutes=1440,
        due_at=at().at,
        created_at=at().at,
        updated_at=at().at,
    )
    db.session.add(made)
    db.session.flush()
    return made


def verified(made: BackupJob, level: VerificationLevel, state: State, *, on=TODAY, hour=3):
    row = Verification(
        job=made,
        level=level,
        at=at(on, hour=hour).at,
        state=state,
        message={"key": "evidence.backup.verified", "params": {"n": 1}},
        facts={"tables": 412},
    )
    db.session.add(row)
    db.session.flush()
    return row


def ordered(module):
    return order(site=module.site, module=module, evidence_rule=RULE)


@pytest.mark.parametrize("level", [VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST])
def test_a_backup_that_was_read_or_restored_closes_the_days_order(level, module):
    row = verified(job(module), level, State.OK)
    made = ordered(module)
    assert evidence.offer(RULE, module_id=module.id, now=at()) == 1
    kept = records(made)[0]
    assert (made.proof, kept.verification_id) == (ProvenBy.MACHINE, row.id)
    assert kept.facts["told"] == {"tables": 412}


def test_presence_and_size_prove_nothing(module):
    made, target = ordered(module), job(module)
    verified(target, VerificationLevel.FRESHNESS, State.OK)
    verified(target, VerificationLevel.SIZE, State.OK)
    assert evidence.offer(RULE, module_id=module.id, now=at()) == 0
    assert made.status is WorkStatus.OPEN


def test_yesterdays_verification_does_not_prove_todays_order(module):
    made = ordered(module)
    yesterday = TODAY - timedelta(days=1)
    verified(job(module), VerificationLevel.INTEGRITY, State.OK, on=yesterday, hour=23)
    assert evidence.offer(RULE, module_id=module.id, now=at()) == 0
    assert made.status is WorkStatus.OPEN


def test_every_backup_of_a_module_must_be_verified(module):
    made = ordered(module)
    first, second = job(module), job(module, "HIS 日志")
    verified(first, VerificationLevel.INTEGRITY, State.OK)
    assert evidence.offer(RULE, module_id=module.id, now=at()) == 0
    verified(second, VerificationLevel.INTEGRITY, State.CRITICAL, hour=4)
    attesting.attest(made, None, Claim({}), by=actor(), now=at(hour=5))
    assert made.status is WorkStatus.WAITING
    verified(second, VerificationLevel.INTEGRITY, State.CRITICAL, hour=6)
    evidence.offer(RULE, module_id=module.id, now=at(hour=7))
    assert made.is_disputed is True
    verified(second, VerificationLevel.INTEGRITY, State.OK, hour=8)
    assert evidence.offer(RULE, module_id=module.id, now=at(hour=9)) == 1
    assert made.is_disputed is False


def test_a_module_without_a_registered_backup_needs_a_persons_word(module):
    made = ordered(module)
    assert evidence.prove(made, at()) is False
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)


def test_nobodys_word_stands_for_a_registered_backup_that_was_not_verified(module):
    made, target = ordered(module), job(module)
    verified(target, VerificationLevel.INTEGRITY, State.OK, on=TODAY - timedelta(days=2))
    with pytest.raises(Refused) as refused:
        attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert refused.value.message.key == "order.backup_awaited"
    assert made.status is WorkStatus.OPEN
    assert records(made) == []


def test_a_word_stands_where_somebody_signed_for_a_restore_by_hand(module):
    made, target = ordered(module), job(module)
    row = verified(target, VerificationLevel.RESTORE_TEST, State.OK)
    row.facts = {SIGNED_BY: "王工"}
    db.session.flush()
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)
