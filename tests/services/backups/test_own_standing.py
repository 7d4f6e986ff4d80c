"""Who answers for the installation sees on every page when our own backup is old or not proven."""

from datetime import timedelta

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, BackupRun, Role, RunState
from itops.services.backups import own, own_standing
from itops.services.doctor import copies

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def job(app):
    """The job of our own backup, of an installation that is a day old."""
    at = utcnow() - 24 * HOUR
    own.ensure(Settings(), at=at)
    (made,) = db.session.query(BackupJob)
    db.session.commit()
    return made


def copied(job, ago, **findings):
    at = utcnow() - ago
    db.session.add(
        BackupRun(job_id=job.id, state=RunState.DONE, seen_at=at, finished_at=at, told={})
    )
    job.findings = [
        {"name": name, "state": state, "message": Message(key).as_json()}
        for name, (state, key) in findings.items()
    ]
    db.session.commit()


def state():
    found = own_standing.standing(at=utcnow())
    return found and found.state


def test_it_is_well_while_it_is_new_and_proven(job):
    copied(job, MINUTE, integrity=("ok", "backup.whole.ok"), freshness=("critical", "x"))
    assert state() is State.OK


def test_it_is_bad_when_it_is_old_or_never_was(job):
    assert state() is State.CRITICAL
    copied(job, 16 * MINUTE)
    assert state() is State.CRITICAL
    found = own_standing.standing(at=utcnow())
    assert found
    assert found.message.params == {"minutes": 16, "most": 15}


def test_a_copy_that_nobody_has_restored_is_no_proof(job):
    copied(job, MINUTE, restore_test=("warning", "backup.restore.never"))
    assert state() is State.WARNING
    found = {one.check: one.state for one in copies.examine(at=utcnow())}
    assert found["copies"] is State.WARNING


def test_a_new_installation_has_an_hour(job):
    assert own_standing.standing(at=job.created_at + 59 * MINUTE) is None
    db.session.delete(job)
    db.session.commit()
    assert state() is None


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.SYSTEM_ADMIN, True), (Role.HEAD, True), (Role.ENGINEER, False), (Role.REPORTER, False)],
)
def test_an_old_copy_is_said_on_each_page_of_who_answers_for_it(job, sign_in, role, sees):
    client = sign_in(role)
    for page in ("/", "/preferences"):
        assert ("itops itself has no backup yet" in client.get(page).text) is sees
