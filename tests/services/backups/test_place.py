"""Where our own copies lie: on the disk of the data alone they are amber, and it is said."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from itops.checks.base import Finding, State
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import Alert, BackupJob, Role, VerificationLevel
from itops.services import installation
from itops.services.archives import keeping
from itops.services.backups import judging, own, proving, runs
from itops.services.doctor import copies
from tests import factories
from tests.services.backups.test_looking import look

#: Of these at least one lies on another disk than the folder of the tests.
DISKS = (Path("/dev/shm"), Path("/var/tmp"))  # noqa: S108 - a folder is drawn in one of them


@pytest.fixture
def job(app):
    own.ensure(Settings(), at=utcnow())
    made = db.session.scalars(select(BackupJob)).one()
    run = runs.find(made, name="itops-a.zip", size_bytes=9, changed_at=utcnow(), at=utcnow())
    for level in (VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST):
        finding = Finding(level, State.OK, Message("backup.place.apart"))
        judging.write(made, level, finding, run=run, at=utcnow())
    db.session.commit()
    return made


def test_on_the_disk_of_the_data_it_is_amber_says_what_to_do_and_wakes_nobody(job, sign_in):
    judging.judge(job, at=utcnow())
    proving.tell(job, at=utcnow())
    assert job.state is State.WARNING
    assert db.session.scalars(select(Alert)).all() == []
    page = sign_in(Role.HEAD).get(f"/backups/{job.id}").text
    assert "Set ITOPS_BACKUP_SECOND_DIR" in page
    places = [one for one in copies.examine(at=utcnow()) if one.check == "copies_place"]
    assert [one.state for one in places] == [State.WARNING]
    assert places[0].mend


def test_before_the_first_copy_nothing_is_said_of_the_place(app):
    own.ensure(Settings(), at=utcnow())
    made = db.session.scalars(select(BackupJob)).one()
    assert judging.standing(made, at=utcnow()).place is None
    assert [one.check for one in copies.examine(at=utcnow())] == []


def test_where_a_second_place_is_set_nobody_is_told_to_set_it(job, sign_in, tmp_path):
    settings = replace(installation.settings(), backup_second_dir=tmp_path / "not mounted")
    installation.set_up(db.engine, settings)
    page = sign_in(Role.HEAD).get(f"/backups/{job.id}").text
    assert "ITOPS_BACKUP_SECOND_DIR is set, but the newest copy" in page
    assert "Set ITOPS_BACKUP_SECOND_DIR" not in page
    (place,) = [one for one in copies.examine(at=utcnow()) if one.check == "copies_place"]
    assert place.means.key == "doctor.copies_place.not_there"
    assert place.mend == Message("doctor.copies_place.look")


def test_apart_it_is_well(job, sign_in):
    job.is_off_site = True
    judging.judge(job, at=utcnow())
    assert job.state is State.OK
    assert (
        "Each copy lies on another disk, too" in sign_in(Role.HEAD).get(f"/backups/{job.id}").text
    )
    assert [one.state for one in copies.examine(at=utcnow())] == [State.OK]


def test_of_others_backups_nothing_is_said_of_the_place(app):
    assert judging.standing(factories.backup(), at=utcnow()).place is None


@pytest.mark.parametrize(
    ("address", "is_elsewhere"),
    [
        ("", False),
        ("postgresql+psycopg:///itops", False),
        ("postgresql+psycopg://localhost/itops", False),
        ("postgresql+psycopg://db.hospital/itops", True),
        ("postgresql+psycopg:///itops?host=db.hospital", True),
        ("postgresql+psycopg:///itops?host=localhost", False),
        ("postgresql+psycopg:///itops?host=/var/run/postgresql", False),
        ("postgresql+psycopg:///itops?host=localhost:5433", False),
        ("postgresql+psycopg:///itops?host=db1.hospital&host=localhost", False),
    ],
)
def test_copies_of_a_database_on_another_machine_are_apart(address, is_elsewhere):
    assert keeping.is_database_elsewhere(Settings(database_url=address)) is is_elsewhere


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_second_place_beside_them_takes_nothing_from_copies_that_are_apart(has_folder, tmp_path):
    second, made = tmp_path / "second", tmp_path / keeping.name(utcnow())
    made.write_bytes(b"copy")
    if has_folder:
        second.mkdir()
    settings = Settings(
        data_dir=tmp_path,
        database_url="postgresql+psycopg://db.hospital/itops",
        backup_second_dir=second,
    )
    given = own.give_away(settings, made, at=utcnow())
    assert given.is_apart
    assert (given.second_failed is None) is has_folder


def test_a_second_place_on_the_same_disk_is_none(tmp_path):
    data, second = tmp_path / "data", tmp_path / "second"
    data.mkdir()
    settings = Settings(data_dir=data)
    assert not keeping.is_on_another_disk(second, settings)
    second.mkdir()
    assert not keeping.is_on_another_disk(second, settings)


@pytest.fixture
def other_disk(tmp_path):
    """Give a folder on another disk than the tests' own: memory, or the system's."""
    here = tmp_path.stat().st_dev
    disk = next(one for one in DISKS if one.is_dir() and one.stat().st_dev != here)
    with tempfile.TemporaryDirectory(dir=disk) as folder:
        yield Path(folder)


@pytest.mark.parametrize("is_other", [False, True])
def test_each_copy_finds_out_where_it_lies(is_other, any_app, tmp_path, other_disk):
    second = other_disk if is_other else tmp_path / "second"
    second.mkdir(exist_ok=True)
    settings = replace(installation.settings(), backup_second_dir=second)
    installation.set_up(db.engine, settings)
    own.ensure(settings, at=utcnow())
    job = db.session.scalars(select(BackupJob)).one()
    job.is_off_site = not is_other
    db.session.commit()
    look(job)
    assert len(list(second.glob("itops-*.zip"))) == 1
    assert job.is_off_site is is_other
