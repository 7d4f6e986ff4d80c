"""The verdict on a backup: its levels, and that nothing is green that nobody restored."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Alert, RunState, Verification, VerificationLevel
from itops.services.backups import judging, proving, runs
from itops.services.backups.runs import Told
from tests import factories
from tests.conftest import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MESSAGE = Message("backup.whole.ok", {"format": "x"})


def well(job, level, *, at=NOON):
    finding = Finding(level, State.OK, MESSAGE)
    return judging.write(job, level, finding, run=runs.latest_ended(job), at=at)


def heard(job, *, at, size=1000, state=RunState.DONE):
    return runs.hear(job, Told(state, size), at=at)


@pytest.mark.both_databases
def test_a_job_of_which_nothing_is_known_is_unknown(any_app):
    assert judging.judge(factories.backup(), at=NOON).state is State.UNKNOWN


@pytest.mark.both_databases
def test_without_a_restore_test_it_is_amber_at_best(any_app):
    job = factories.backup()
    heard(job, at=NOON)
    well(job, VerificationLevel.INTEGRITY)
    found = judging.judge(job, at=NOON + HOUR)
    assert found.state is State.WARNING
    assert found.findings[VerificationLevel.RESTORE_TEST].message.key == "backup.restore.never"
    well(job, VerificationLevel.RESTORE_TEST)
    assert judging.judge(job, at=NOON + HOUR).state is State.OK


def test_a_restore_test_grows_old(app):
    job = factories.backup(restore_test_days=90)
    heard(job, at=NOON)
    for level in (VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST):
        well(job, level)
    late = NOON + 91 * DAY
    heard(job, at=late)
    well(job, VerificationLevel.INTEGRITY, at=late)
    found = judging.judge(job, at=late)
    assert found.findings[VerificationLevel.RESTORE_TEST].state is State.WARNING


def test_an_older_backup_that_was_whole_says_nothing_of_a_new_one(app):
    job = factories.backup()
    heard(job, at=NOON)
    well(job, VerificationLevel.INTEGRITY)
    heard(job, at=NOON + DAY)
    found = judging.judge(job, at=NOON + DAY)
    assert found.findings[VerificationLevel.INTEGRITY].message.key == "backup.whole.older"


def test_a_level_that_changes_becomes_a_record_and_one_that_stays_does_not(app):
    job = factories.backup()
    heard(job, at=NOON)
    for minutes in range(0, 60, 10):
        judging.judge(job, at=NOON + timedelta(minutes=minutes))
    judging.judge(job, at=NOON + 3 * DAY)
    levels = [
        (one.level, one.state)
        for one in db.session.scalars(select(Verification).order_by(Verification.id))
    ]
    assert levels == [
        (VerificationLevel.FRESHNESS, State.OK),
        (VerificationLevel.SIZE, State.OK),
        (VerificationLevel.FRESHNESS, State.CRITICAL),
    ]


def test_a_start_that_ends_is_one_run_and_a_start_alone_is_no_backup(app):
    job = factories.backup()
    heard(job, at=NOON, state=RunState.STARTED)
    assert judging.judge(job, at=NOON).state is State.UNKNOWN
    run = heard(job, at=NOON + HOUR)
    assert (run.started_at, run.finished_at) == (NOON, NOON + HOUR)
    assert runs.latest(job) is run


def test_the_same_content_again_is_an_old_file(app):
    job = factories.backup()
    first = heard(job, at=NOON)
    runs.know_content(first, "a" * 64)
    second = heard(job, at=NOON + DAY)
    runs.know_content(second, "a" * 64)
    found = judging.judge(job, at=NOON + DAY)
    assert found.findings[VerificationLevel.FRESHNESS].message.key == "backup.fresh.touched"
    assert found.state is State.CRITICAL


def test_a_missing_backup_is_an_alert_and_a_missing_restore_test_is_not(app):
    job = factories.backup()
    heard(job, at=NOON)
    judging.judge(job, at=NOON)
    proving.tell(job, at=NOON)
    well(job, VerificationLevel.INTEGRITY)
    judging.judge(job, at=NOON)
    proving.tell(job, at=NOON + HOUR)
    assert [alert.status.value for alert in db.session.scalars(select(Alert))] in ([], ["resolved"])
    judging.judge(job, at=NOON + 3 * DAY)
    proving.tell(job, at=NOON + 3 * DAY)
    (alert,) = [one for one in db.session.scalars(select(Alert)) if one.open_key]
    assert (alert.backup_job_id, alert.state) == (job.id, State.CRITICAL)
