"""An archive of our own database: made on line, proven, put back, and refused where it must be."""

import json
import shutil
import tempfile
import zipfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysqlite3
import pytest
from sqlalchemy import create_engine, text

from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.remote.backups import own_database
from itops.remote.backups.faults import Damaged
from itops.services import auditing
from itops.services.archives import (
    archive,
    keeping,
    making,
    manifest,
    proving,
    putting_back,
    putting_on_server,
    sealed_keys,
)
from itops.services.auditing import Actor
from itops.services.backups import own
from tests import factories

PASSPHRASE = "three tired horses"


@pytest.fixture
def settings(any_app):
    """The settings of a database with an asset and an entry of the log."""
    asset = factories.asset(tag="PC-1")
    auditing.record("asset.created", asset, by=Actor(None, "itops"), at=utcnow())
    db.session.commit()
    return any_app.config["ITOPS"]


@pytest.fixture
def made(settings, tmp_path):
    """An archive of it, and its manifest."""
    path = tmp_path / "copies" / keeping.name(utcnow())
    return path, making.make(settings, path, at=utcnow())


@pytest.fixture
def scratch():
    """A folder for restored copies, which another account may enter."""
    with tempfile.TemporaryDirectory(prefix="itops-restore-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def changed(path, **parts):
    """Replace members of an archive; what they were is in the manifest still."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()} | parts
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def told(path, **changes):
    """Let an archive say something else of itself."""
    with zipfile.ZipFile(path) as archived:
        about = json.loads(archived.read(manifest.NAME))
    changed(path, **{manifest.NAME: json.dumps(about | changes)})


@contextmanager
def tags(url):
    """Give the tags of the assets in a database."""
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection.scalars(text("SELECT tag FROM asset")).all()
    engine.dispose()


def put_back(settings, path, tmp_path, *, replaces=False):
    """Put an archive into another place; return what came of it and the new database's address."""
    how: dict[str, Any] = {"replaces": replaces, "at": utcnow(), "tell": making.silent}
    if settings.is_sqlite:
        folder = tmp_path / "elsewhere"
        return putting_back.into_folder(path, folder, **how), f"sqlite:///{folder / 'itops.db'}"
    url = f"{settings.sqlalchemy_url}_elsewhere"
    return putting_on_server.into_server(path, url, **how), url


@pytest.fixture
def _dropped(settings):
    """Leave no database behind on the server that tests share."""
    yield
    if settings.is_sqlite:
        return
    with own_database.connected(
        settings.sqlalchemy_url, database="postgres", autocommit=True
    ) as server:
        name = f"{settings.sqlalchemy_url.rpartition('/')[2]}_elsewhere"
        for (found,) in server.execute("SELECT datname FROM pg_database").fetchall():
            if found.startswith(name):
                server.execute(f'DROP DATABASE "{found}"'.encode())


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


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_an_archive_is_put_back_elsewhere(settings, made, tmp_path):
    done, url = put_back(settings, made[0], tmp_path)
    assert (done.aside, done.upgraded_to) == (None, None)
    with tags(url) as found:
        assert found == ["PC-1"]


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_a_database_that_is_there_is_only_replaced_on_demand_and_kept_aside(
    settings, made, tmp_path
):
    _, url = put_back(settings, made[0], tmp_path)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET tag = 'PC-9'"))
    engine.dispose()
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.there_is_one"
    done, _ = put_back(settings, made[0], tmp_path, replaces=True)
    with tags(url) as found:
        assert found == ["PC-1"]
    aside = (
        f"sqlite:///{done.aside}"
        if settings.is_sqlite
        else f"{url.rpartition('/')[0]}/{done.aside}"
    )
    with tags(aside) as found:
        assert found == ["PC-9"]


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_an_archive_that_is_not_whole_leaves_what_was_there(settings, made, tmp_path):
    _, url = put_back(settings, made[0], tmp_path)
    rows = dict(made[1].counted.rows) | {"asset": 2}
    told(made[0], counted={"rows": rows, "audit_last": 1, "audit_head": None})
    with pytest.raises(Damaged):
        put_back(settings, made[0], tmp_path, replaces=True)
    with tags(url) as found:
        assert found == ["PC-1"]
    if settings.is_sqlite:
        assert [one.name for one in (tmp_path / "elsewhere").iterdir()] == ["itops.db"]


@pytest.mark.both_databases
def test_an_archive_of_a_newer_version_is_refused_and_so_is_the_other_databases(
    settings, made, tmp_path
):
    told(made[0], revision="9999", version="9.0")
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.newer"
    told(made[0], database="oracle")
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.other_database"


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
