"""The one rule of proof, and that month, Today, the list and the module's state keep to it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import true

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, RunState
from itops.services import proof
from itops.services.backups import judging, listing, runs
from itops.services.modules import standing
from itops.services.months.period import Look, Month
from itops.services.months.proofs import proofs
from itops.services.proof import Proof
from tests import factories
from tests.conftest import NOON

DAY = timedelta(days=1)


def nothing(_module):
    pass


def unproven_job(module):
    factories.backup(module=module)


def restored(module):
    factories.restored(factories.backup(module=module), at=NOON - 2 * DAY)


def restored_on_the_last_day(module):
    factories.restored(factories.backup(module=module), at=NOON - 90 * DAY)


def restored_too_long_ago(module):
    factories.restored(factories.backup(module=module), at=NOON - 90 * DAY - timedelta(minutes=1))


def the_last_test_failed(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 2 * DAY)
    factories.restored(job, at=NOON - DAY, state=State.CRITICAL)


def the_last_test_was_broken_off(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 2 * DAY)
    factories.restored(job, at=NOON - DAY, state=State.UNKNOWN)


def half_of_it_restored(module):
    restored(module)
    unproven_job(module)


def the_other_half_no_longer_watched(module):
    restored(module)
    factories.backup(module=module, is_enabled=False)


def restored_but_the_newest_copy_is_two_days_old(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 5 * DAY)
    ran(job, at=NOON - 2 * DAY - timedelta(hours=2))


def restored_and_copied_last_night(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 5 * DAY)
    ran(job, at=NOON - timedelta(hours=9))


def restored_but_the_last_night_failed(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 5 * DAY)
    ran(job, at=NOON - timedelta(hours=9), state=RunState.FAILED)


def restored_but_the_newest_copy_is_broken(module):
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 5 * DAY)
    run = ran(job, at=NOON - timedelta(hours=9))
    broken = Finding("integrity", State.CRITICAL, Message("backup.whole.never"))
    judging.write(job, judging.INTEGRITY, broken, run=run, at=NOON - timedelta(hours=8))


def ran(job, *, at, state=RunState.DONE):
    return runs.hear(job, runs.Told(state, 1000), at=at)


CASES = [
    (nothing, Proof.NO_BACKUP),
    (unproven_job, Proof.UNPROVEN),
    (restored, Proof.PROVEN),
    (restored_on_the_last_day, Proof.PROVEN),
    (restored_too_long_ago, Proof.UNPROVEN),
    (the_last_test_failed, Proof.UNPROVEN),
    (the_last_test_was_broken_off, Proof.UNPROVEN),
    (half_of_it_restored, Proof.UNPROVEN),
    (the_other_half_no_longer_watched, Proof.PROVEN),
    (restored_and_copied_last_night, Proof.PROVEN),
    (restored_but_the_newest_copy_is_two_days_old, Proof.NOT_FRESH),
    (restored_but_the_last_night_failed, Proof.NOT_FRESH),
    (restored_but_the_newest_copy_is_broken, Proof.NOT_FRESH),
]


def of_the_month() -> Proof:
    zone = ZoneInfo("Asia/Shanghai")
    month = Month.of(NOON.astimezone(zone).date())
    found = proofs(Look(month, NOON, zone, lambda model: true()))
    return found[0].proof


@pytest.mark.parametrize(("past", "worth"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_month_list_and_module_say_the_same(app, past, worth):
    module = factories.module()
    factories.check(
        module=module, state=State.OK, hard_state=State.OK, stale_at=NOON + timedelta(hours=1)
    )
    past(module)
    standing.look(at=NOON)
    is_proven = worth is Proof.PROVEN
    shown = standing.module_states([module.id], at=NOON)[module.id]
    assert of_the_month() is worth
    assert (listing.unproven(true(), at=NOON) == []) is is_proven
    assert (shown.state is State.OK) is is_proven


@pytest.mark.parametrize(
    ("past", "worth"), CASES[1:7], ids=lambda one: getattr(one, "__name__", "")
)
def test_the_page_of_the_backup_says_so_too(app, past, worth):
    past(factories.module())
    job = db.session.query(BackupJob).one()
    level = judging.standing(job, at=NOON).findings[judging.RESTORE_TEST]
    assert (level.state is State.OK) is (worth is Proof.PROVEN)


def test_a_month_that_is_over_keeps_what_was_true_at_its_end(app):
    module = factories.module()
    job = factories.backup(module=module)
    factories.restored(job, at=NOON - 5 * DAY)
    ran(job, at=NOON - timedelta(hours=9))
    key, later = module.id, NOON + 3 * DAY
    assert proof.of_modules([key], at=later)[key].proof is Proof.NOT_FRESH
    assert proof.of_modules([key], at=NOON)[key].proof is Proof.PROVEN
    ran(job, at=later)
    assert proof.of_modules([key], at=later)[key].proof is Proof.PROVEN
