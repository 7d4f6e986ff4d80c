"""An archive of our own database: made on line, proven, put back, and refused where it must be."""

import json
import shutil
import zipfile
from contextlib import closing
from dataclasses import replace

import pysqlite3
import pytest

from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.remote.backups.faults import Damaged
from itops.services.archives import (
    archive,
    keeping,
    making,
    manifest,
    proving,
    sealed_keys,
)
from itops.services.backups import own
from tests import factories
from tests.services.archives.changing import changed, told

PASSPHRASE = "three tired horses"


def altered(path, tmp_path, *orders):
    """Let an archive hold a database in which somebody changed something behind its guards."""
    database = tmp_path / "altered.db"
    archive.unpack(path, archive.DATABASE, database)
    with closing(pysqlite3.connect(database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f'DROP TRIGGER "{name}"')
        for order in orders:
            connection.execute(order)
        connection.commit()
    archive.write(path, archive.manifest_of(path), {archive.DATABASE: database})


@pytest.mark.both_databases
def test_an_archive_says_what_it_holds_and_only_its_owner_reads_it(made):
    path, about = made
    assert about.counted.rows["asset"] == 1
    assert about.counted.audit_last == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert b"PC-1" not in path.read_bytes()[:200]
    assert [one.path for one in keeping.listed(path.parent)] == [path]


@pytest.mark.both_databases
@pytest.mark.slow
def test_an_archive_is_proven_by_restoring_it(made, scratch):
    done = proving.prove(made[0], scratch)
    assert done.restored.rows == done.about.counted.rows
    assert [one for one in scratch.iterdir() if not one.name.startswith("empty-")] == []


@pytest.mark.both_databases
@pytest.mark.slow
def test_an_archive_with_fewer_rows_than_it_says_is_damaged(made, scratch):
    rows = dict(made[1].counted.rows) | {"asset": 2}
    told(made[0], counted={"rows": rows, "audit_last": 1, "audit_head": None})
    with pytest.raises(Damaged) as refused:
        proving.prove(made[0], scratch)
    params = refused.value.message.params
    assert (params["table"], params["then"], params["now"]) == ("asset", 2, 1)


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("UPDATE audit_entry SET actor_name = 'somebody'", "log_differs"),
        ("UPDATE attachment SET content = x'00'", "attachment_differs"),
    ],
)
def test_an_archive_in_which_what_never_changes_has_changed_is_damaged(
    settings, scratch, tmp_path, order, key
):
    factories.attachment(b"written once")
    db.session.commit()
    path = tmp_path / "altered.zip"
    making.make(settings, path, at=utcnow())
    altered(path, tmp_path, order)
    with pytest.raises(Damaged) as refused:
        proving.prove(path, scratch)
    assert refused.value.message.key == f"backup.damaged.{key}"


@pytest.mark.parametrize("at", [100, -3000])
def test_an_archive_with_a_changed_byte_is_damaged(made, scratch, at):
    content = bytearray(made[0].read_bytes())
    content[at] ^= 1
    made[0].write_bytes(content)
    with pytest.raises(Damaged):
        proving.prove(made[0], scratch)


def test_an_archive_whose_part_was_exchanged_is_damaged(made, scratch):
    changed(made[0], database=b"SQLite format 3\0")
    with pytest.raises(Damaged) as refused:
        proving.prove(made[0], scratch)
    assert refused.value.message.key == "backup.damaged.part_differs"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_what_is_no_archive_of_ours_is_damaged(made, content):
    made[0].write_bytes(content)
    with pytest.raises(Damaged):
        archive.manifest_of(made[0])
    with zipfile.ZipFile(made[0], "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(Damaged):
        archive.manifest_of(made[0])


def test_keys_are_in_an_archive_only_under_a_passphrase(settings, tmp_path):
    (settings.data_dir / "master.key").write_text("QUJD\n")
    (settings.data_dir / "tls").mkdir()
    (settings.data_dir / "tls" / "authority.key").write_text("PRIVATE")
    path = tmp_path / "with-key.zip"
    making.make(settings, path, at=utcnow(), passphrase=PASSPHRASE)
    sealed = archive.read(path, archive.KEYS)
    assert b"PRIVATE" not in sealed
    keys = sealed_keys.unseal(sealed, PASSPHRASE)
    assert {"master.key", "session.key", "tls/authority.key"} <= keys.keys()
    with pytest.raises(Refused):
        sealed_keys.unseal(sealed, PASSPHRASE + "!")
    with pytest.raises(Invalid):
        sealed_keys.seal({}, "short")
    there = tmp_path / "new"
    sealed_keys.put_back(keys, there)
    assert (there / "tls" / "authority.key").read_text() == "PRIVATE"
    assert (there / "master.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Damaged):
        sealed_keys.put_back({"../outside": b""}, there)


def test_a_busy_database_is_copied_to_the_end(settings, tmp_path):
    """With a writer between any two steps, a copy that begins anew each time never ends."""
    database = settings.sqlalchemy_url.removeprefix("sqlite:///")
    with closing(pysqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE filler (n INTEGER, t TEXT)")
        writer.execute("BEGIN")
        writer.executemany(
            "INSERT INTO filler VALUES (?, ?)", [(n, "x" * 4000) for n in range(9000)]
        )
        writer.execute("COMMIT")
        steps = []

        def write(_step, done, total):
            steps.append((done, total))
            assert len(steps) < 500
            writer.execute("UPDATE filler SET n = n + 1 WHERE rowid = 1")

        about = making.make(settings, tmp_path / "busy.zip", at=utcnow(), tell=write)
    assert about.counted.rows["filler"] == 9000
    assert len(steps) > 2


def test_a_second_place_gets_each_copy_and_one_that_is_gone_is_said(settings, tmp_path, made):
    second = tmp_path / "share"
    second.mkdir()
    keeping.copy_to(second, made[0], at=utcnow())
    assert (second / made[0].name).read_bytes() == made[0].read_bytes()
    shutil.rmtree(second)
    wanted = own.task(replace(settings, backup_second_dir=second), at=utcnow())
    done = own.make(wanted)
    assert done.file.exists()
    assert done.second_failed
    assert str(second) in str(done.second_failed.message.params["why"])
    assert not second.exists()


HOSTILE: dict[str, list[object]] = {
    "layout": ["1", [], 1e99],
    "made_at": ["0001-01-01T00:00:00+14:00", None, "\x1b[2J"],
    "version": ["\x1b[2J", None, "x" * 1000],
    "database": [["sqlite"], "\x1b[2J"],
    "revision": [[], {}, 5],
    "counted": [
        None,
        {"rows": None},
        {"rows": []},
        {"rows": {"user": "1"}},
        {"rows": {"user": -1}},
    ],
    "parts": [None, {"database": {"size_bytes": "x", "sha256": "y"}}, {"database": []}],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in HOSTILE.items() for value in values]
)
def test_a_manifest_that_lies_is_damaged_and_no_bug(field, value):
    counted = {"rows": {"user": 1}, "audit_last": 1, "audit_head": "a"}
    good = {
        "layout": 1,
        "made_at": "2026-11-23T04:00:00+00:00",
        "version": "1",
        "database": "sqlite",
        "revision": "0001",
        "counted": counted,
        "parts": {"database": {"size_bytes": 1, "sha256": "y"}},
    }
    assert manifest.read(json.dumps(good).encode()).counted.audit_last == 1
    with pytest.raises(Damaged):
        manifest.read(json.dumps(good | {field: value}).encode())
    with pytest.raises(Damaged):
        manifest.read(b"[" * 100_000)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../master.key", "/etc/x", "itops.db", "tls/", "a"]
)
def test_only_keys_come_out_of_the_keys_of_a_copy(tmp_path, name):
    with pytest.raises(Damaged):
        sealed_keys.put_back({name: b"x"}, tmp_path)
    assert list(tmp_path.iterdir()) == []
    sealed_keys.put_back({"tls/server.key": b"x", "session.key": b"y"}, tmp_path)
    assert (tmp_path / "tls/server.key").stat().st_mode & 0o777 == 0o600
