"""Backups read to their last byte: whole ones pass, damaged and lying ones do not."""

import copy
import gzip
import os
import sqlite3
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from itops.clock import monotonic
from itops.remote.backups import reading
from itops.remote.backups.faults import CannotLook, Damaged, OutOfTime, TooNew
from itops.remote.backups.reading import Format, read_whole

pytestmark = pytest.mark.postgresql


def read(path: Path):
    return read_whole(path, seconds=60)


def cut(path: Path, target: Path, share: float = 0.6) -> Path:
    whole = path.read_bytes()
    target.write_bytes(whole[: int(len(whole) * share)])
    return target


def flipped(path: Path, target: Path, at: float = 0.5) -> Path:
    whole = bytearray(path.read_bytes())
    place = int(len(whole) * at)
    whole[place : place + 8] = bytes(byte ^ 0xFF for byte in whole[place : place + 8])
    target.write_bytes(whole)
    return target


@pytest.fixture
def archives(tmp_path):
    inside = tmp_path / "pictures.bin"
    inside.write_bytes(bytes(range(256)) * 4_000)
    with tarfile.open(tmp_path / "files.tar.gz", "w:gz") as archive:
        archive.add(inside, "pictures.bin")
    with tarfile.open(tmp_path / "files.tar", "w") as archive:
        archive.add(inside, "pictures.bin")
    with zipfile.ZipFile(tmp_path / "files.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(inside, "pictures.bin")
    connection = sqlite3.connect(tmp_path / "his.db")
    connection.execute("CREATE TABLE a (b)")
    connection.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 2_000)
    connection.commit()
    connection.close()
    return tmp_path


def test_whole_dumps_are_known_by_their_content(dumps, tmp_path):
    for path, kind in (
        (dumps.custom, Format.CUSTOM_DUMP),
        (dumps.plain, Format.PLAIN_DUMP),
        (dumps.packed, Format.GZIP_DUMP),
    ):
        disguised = tmp_path / "photo.jpg"
        disguised.write_bytes(path.read_bytes())
        found = read(disguised)
        assert found.format is kind
        assert found.size_bytes == path.stat().st_size
        assert len(found.sha256) == 64
    assert read(dumps.custom).made_at is not None


@pytest.mark.parametrize("name", ["custom", "plain", "packed"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_truncated_dump_is_damaged(dumps, tmp_path, name, share):
    with pytest.raises(Damaged):
        read(cut(getattr(dumps, name), tmp_path / "cut", share))


@pytest.mark.parametrize("name", ["custom", "packed"])
@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_flipped_bytes_in_what_is_packed_are_found(dumps, tmp_path, name, at):
    with pytest.raises(Damaged):
        read(flipped(getattr(dumps, name), tmp_path / "flipped", at))


@pytest.mark.parametrize("name", ["files.tar.gz", "files.tar", "files.zip", "his.db"])
def test_archives_are_read_whole_and_found_damaged(archives, name):
    assert read(archives / name).size_bytes > 0
    with pytest.raises(Damaged):
        read(cut(archives / name, archives / "cut"))
    if name != "files.tar":  # it has no checksum of what is inside: the restore test finds that
        with pytest.raises(Damaged):
            read(flipped(archives / name, archives / "flipped"))


def test_an_empty_file_is_damaged_and_a_missing_one_is_unknown(tmp_path):
    (tmp_path / "empty.dump").touch()
    with pytest.raises(Damaged) as fault:
        read(tmp_path / "empty.dump")
    assert fault.value.message.key == "backup.damaged.empty"
    with pytest.raises(CannotLook):
        read(tmp_path / "nowhere.dump")


def test_something_that_is_no_backup_is_damaged(tmp_path):
    (tmp_path / "lis.dump").write_text("pg_dump: error: connection to server failed\n")
    with pytest.raises(Damaged) as fault:
        read(tmp_path / "lis.dump")
    assert fault.value.message.key == "backup.damaged.not_a_backup"


def test_a_dump_of_a_newer_program_is_unknown_with_its_reason(dumps, tmp_path):
    newer = bytearray(dumps.custom.read_bytes())
    assert newer[:5] == b"PGDMP"
    newer[6] = 99  # the minor version of the format, after the magic and the major one
    (tmp_path / "newer.dump").write_bytes(newer)
    with pytest.raises(TooNew):
        read(tmp_path / "newer.dump")


def test_a_bomb_is_stopped(tmp_path):
    with gzip.open(tmp_path / "bomb.gz", "wb", compresslevel=9) as bomb:
        for _ in range(100):
            bomb.write(bytes(1 << 20))
    with pytest.raises(Damaged) as fault:
        read(tmp_path / "bomb.gz")
    assert fault.value.message.key in {"backup.damaged.bomb", "backup.damaged.not_a_backup"}


def shared_members(target: Path) -> None:
    """Pack 48 MiB once, and name it ten times."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(48 << 20))
        archive.filelist += [copy.copy(archive.filelist[0]) for _ in range(9)]


def holes(target: Path) -> None:
    """Pack a file of 20 GiB that holds nothing, as holes."""
    hollow = target.parent / "hollow"
    hollow.touch()
    os.truncate(hollow, 20 << 30)
    subprocess.run(["tar", "-cSf", target, "-C", target.parent, "hollow"], check=True)


def long_name(target: Path) -> None:
    """Give a member a name of 2 MiB, which is read into memory at once."""
    head = tarfile.TarInfo("long")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 2 << 20
    member = tarfile.TarInfo("file")
    target.write_bytes(head.tobuf() + b"x" * head.size + member.tobuf() + bytes(10240))


@pytest.mark.parametrize(
    ("make", "key"), [(shared_members, "bomb"), (holes, "bomb"), (long_name, "tool_says")]
)
def test_an_archive_that_unfolds_without_end_is_stopped(tmp_path, make, key):
    make(tmp_path / "archive")
    with pytest.raises(Damaged) as fault:
        read(tmp_path / "archive")
    assert fault.value.message.key == f"backup.damaged.{key}"


def test_reading_a_database_ends_in_time(archives):
    with pytest.raises(OutOfTime):
        reading.READERS[Format.SQLITE](archives / "his.db", monotonic() - 1)
