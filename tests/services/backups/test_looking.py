"""Looking at files and restoring them, from the due row to the record, with real dumps."""

import contextlib
import os
import shutil
import tempfile
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pysqlite3
import pytest
from sqlalchemy import select

from itops.checks.backups import assertions
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Alert,
    BackupJob,
    BackupKind,
    BackupRun,
    Job,
    JobState,
    SeenBy,
    Verification,
    VerificationLevel,
)
from itops.remote.backups import sqlite_copy
from itops.remote.backups.faults import Damaged
from itops.services import installation
from itops.services.backups import looking, own, testing
from itops.services.engine.due_rows import Claimed, Done
from tests import factories
from tests.components.dumps import ROWS
from tests.remote.backups.test_reading import cut, flipped

pytestmark = pytest.mark.postgresql
INTEGRITY, RESTORE_TEST = VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST


@pytest.fixture
def folder(app, tmp_path):
    """A folder of backups that the administrator named, on a server that may restore."""
    before = app.config["ITOPS"]
    place = tmp_path / "lis"
    place.mkdir()
    with tempfile.TemporaryDirectory(prefix="itops-restore-", dir="/tmp") as scratch:
        Path(scratch).chmod(0o711)
        here = replace(
            before, backup_dirs=(tmp_path,), restore_here=True, restore_dir=Path(scratch)
        )
        installation.set_up(db.engine, here)
        yield place
        installation.set_up(db.engine, before)


def job_for(folder, **given):
    filled = {
        "seen_by": SeenBy.LOCAL,
        "path": str(folder / "*.dump"),
        "assertions": [one.as_json() for one in assertions.parse(f"results >= {ROWS}")],
    }
    job = factories.backup(**filled | given)
    db.session.commit()
    return job


def look(job):
    """Do what the queue does with one due row."""
    at = utcnow()
    row = Claimed(job.id, at, 1, was_interrupted=False)
    tasks = looking.QUEUE.load([row], at)
    db.session.rollback()
    done = Done(row, tasks[job.id], looking.QUEUE.carry_out(tasks[job.id]))
    looking.QUEUE.settle([done], at)
    db.session.commit()


def records(job, level):
    wanted = select(Verification).where(Verification.job_id == job.id, Verification.level == level)
    return list(db.session.scalars(wanted.order_by(Verification.id)))


def run_ordered():
    """Do the restore test that was ordered, as a worker does."""
    (row,) = db.session.scalars(select(Job).where(Job.kind == testing.RESTORE_TEST)).all()
    message = testing.work(row, lambda *_: None)
    row.state, row.open_key, row.finished_at = JobState.DONE, None, utcnow()
    db.session.commit()
    return message


@pytest.mark.slow
def test_a_good_dump_is_seen_read_restored_and_proven(folder, dumps):
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    job = job_for(folder)
    look(job)
    assert records(job, INTEGRITY)[-1].state is State.OK
    run_ordered()
    (record,) = records(job, RESTORE_TEST)
    assert record.state is State.OK
    assert record.facts["rows"]["public.results"] == ROWS
    assert record.facts["measured_rto_seconds"] > 0
    assert 0 <= record.facts["measured_rpo_seconds"] < 86_400
    assert db.session.get_one(BackupJob, job.id).state is State.OK


@pytest.mark.slow
def test_a_dump_with_half_the_rows_is_caught_by_its_assertion_and_by_the_test_before(folder, dumps):
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    job = job_for(folder)
    look(job)
    run_ordered()
    shutil.copy(dumps.halved, folder / "lis-2.dump")
    os.utime(folder / "lis-2.dump", (utcnow().timestamp() + 5,) * 2)
    look(job)
    assert records(job, INTEGRITY)[-1].state is State.OK  # it is whole, it only lies
    db.session.query(Job).delete()
    testing.order(job, settings=installation.settings(), by=testing.MACHINE, at=utcnow())
    db.session.commit()
    run_ordered()
    record = records(job, RESTORE_TEST)[-1]
    assert record.state is State.CRITICAL
    told = {answer["message"]["key"] for answer in record.facts["answers"]}
    assert {"backup.assertion.rows_missing", "backup.assertion.lost_rows"} <= told


@pytest.mark.parametrize("damage", [cut, flipped])
def test_a_damaged_dump_is_red_and_no_restore_is_tried(folder, dumps, damage):
    damage(dumps.custom, folder / "lis.dump")
    job = job_for(folder)
    look(job)
    assert records(job, INTEGRITY)[-1].state is State.CRITICAL
    assert db.session.scalars(select(Job)).all() == []
    assert db.session.get_one(BackupJob, job.id).state is State.CRITICAL


def test_a_file_that_was_only_touched_is_an_old_backup(folder, dumps):
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    job = job_for(folder)
    look(job)
    shutil.copy(dumps.custom, folder / "lis-2.dump")
    os.utime(folder / "lis-2.dump", (utcnow().timestamp() + 5,) * 2)
    look(job)
    newest = db.session.scalars(select(BackupRun).order_by(BackupRun.id.desc())).first()
    assert newest is not None
    assert newest.same_as_at is not None
    assert db.session.get_one(BackupJob, job.id).state is State.CRITICAL


def test_the_same_file_is_read_once(folder, dumps):
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    job = job_for(folder)
    look(job)
    look(job)
    assert len(records(job, INTEGRITY)) == 1


def test_an_archive_where_a_dump_should_be_is_red(folder, dumps):
    job = job_for(folder, kind=BackupKind.FILES)
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    look(job)
    assert records(job, INTEGRITY)[-1].message["key"] == "backup.whole.other_kind"


def test_a_folder_that_was_not_named_is_not_looked_into(folder, dumps, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(dumps.custom, elsewhere / "a.dump")
    job = job_for(folder, path=str(elsewhere / "*.dump"))
    look(job)
    assert db.session.scalars(select(BackupRun)).all() == []


@pytest.mark.slow
def test_a_test_that_was_interrupted_says_so_and_is_made_again(folder, dumps):
    shutil.copy(dumps.custom, folder / "lis-1.dump")
    job = job_for(folder)
    look(job)
    (row,) = db.session.scalars(select(Job)).all()
    row.attempts = 2
    run_ordered()
    keys = [record.message["key"] for record in records(job, RESTORE_TEST)]
    assert keys == ["backup.restore.interrupted", "backup.restore.ok"]


@pytest.mark.both_databases
def test_our_own_backup_is_made_read_and_kept(any_app, tmp_path):
    own.ensure(installation.settings(), at=utcnow())
    db.session.commit()
    job = db.session.scalars(select(BackupJob)).one()
    look(job)
    (record,) = records(job, INTEGRITY)
    assert record.state is State.OK
    made = list((tmp_path / "backups").iterdir())
    assert len(made) == 1
    assert made[0].stat().st_mode & 0o777 == 0o600
    assert zipfile.is_zipfile(made[0])
    assert job.due_at
    assert job.due_at - utcnow() <= timedelta(minutes=10)


@pytest.mark.slow
def test_our_own_backup_is_restored_and_proven_from_the_first_day(folder):
    own.ensure(installation.settings(), at=utcnow())
    db.session.commit()
    job = db.session.scalars(select(BackupJob)).one()
    look(job)
    run_ordered()
    (record,) = records(job, RESTORE_TEST)
    assert record.message["key"] == "backup.restore.ok_unasked"
    assert record.facts["rows"]["backup_job"] == 1
    assert db.session.scalars(select(Alert)).all() == []
    assert list(installation.settings().scratch_folder.iterdir()) == []


def test_a_copy_of_our_own_that_does_not_open_whole_is_damaged(folder, tmp_path):
    copy = tmp_path / "itops.db"
    with contextlib.closing(pysqlite3.connect(copy)) as made:
        made.execute("CREATE TABLE site (id INTEGER PRIMARY KEY, up INTEGER REFERENCES site)")
        made.execute("INSERT INTO site VALUES (1, 2)")
        made.commit()
    with pytest.raises(Damaged):
        sqlite_copy.opened(copy)
    copy.write_bytes(copy.read_bytes()[:4000])
    with pytest.raises(Damaged):
        sqlite_copy.opened(copy)
