"""Where our own copies lie: beside the data alone they are amber, and it is said."""

import os
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

#: Two file systems that every machine of ours has: one in memory, and one that lasts.
MEMORY, LASTING = Path("/dev/shm"), Path("/var/tmp")  # noqa: S108 - folders are drawn in them


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
        "Each copy is kept apart from the data, too"
        in sign_in(Role.HEAD).get(f"/backups/{job.id}").text
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


def test_a_second_place_on_the_same_file_system_is_none(tmp_path):
    data, second = tmp_path / "data", tmp_path / "second"
    data.mkdir()
    settings = Settings(data_dir=data)
    assert not keeping.is_on_another_file_system(second, settings)
    second.mkdir()
    assert not keeping.is_on_another_file_system(second, settings)


@pytest.fixture
def folders():
    """Give a folder in memory and one that lasts."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as memory,
        tempfile.TemporaryDirectory(dir=LASTING) as lasting,
    ):
        yield Path(memory), Path(lasting)


def test_a_place_in_memory_is_none_though_the_data_lie_elsewhere(folders):
    memory, lasting = folders
    assert not keeping.is_on_another_file_system(memory, Settings(data_dir=lasting))
    assert keeping.is_on_another_file_system(lasting, Settings(data_dir=memory))


@pytest.mark.parametrize(
    ("kind", "is_apart"), [("tmpfs", False), ("ramfs", False), ("ext4", True), ("nfs4", True)]
)
def test_what_is_gone_with_the_power_is_known_by_the_systems_mounts(
    kind, is_apart, folders, tmp_path
):
    memory, lasting = folders
    device, mounts = lasting.stat().st_dev, tmp_path / "mountinfo"
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(f"24 1 0:0 / /proc rw - proc proc rw\n29 1 {number} / /x rw - {kind} x rw\n")
    given = Settings(data_dir=memory)
    assert keeping.is_on_another_file_system(lasting, given, mounts=mounts) is is_apart
    mounts.unlink()
    assert keeping.is_on_another_file_system(lasting, given, mounts=mounts)


@pytest.mark.parametrize("is_other", [False, True])
def test_each_copy_finds_out_where_it_lies(is_other, any_app, folders):
    data, other = folders
    second = other if is_other else data / "second"
    second.mkdir(exist_ok=True)
    settings = replace(installation.settings(), data_dir=data, backup_second_dir=second)
    installation.set_up(db.engine, settings)
    own.ensure(settings, at=utcnow())
    job = db.session.scalars(select(BackupJob)).one()
    job.is_off_site = not is_other
    db.session.commit()
    look(job)
    assert len(list(second.glob("itops-*.zip"))) == 1
    assert job.is_off_site is is_other
