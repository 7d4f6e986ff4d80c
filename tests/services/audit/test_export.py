"""The assessor's export: the verifier in it knows a whole log from a bent one, without itops."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from itops.config import Settings
from itops.db import db
from itops.documents import audit_verifier
from itops.models.hashes import Algorithm, digest_by
from itops.services.audit import exporting, hashing, reading, verifying
from itops.services.audit.seals import Seal
from itops.services.auditing import Actor, record
from itops.services.background import retention
from tests.conftest import NOON

WANG = Actor(None, "王敏", "10.0.0.7")
DAY = timedelta(days=1)
OLDEST = Path.home() / ".pyenv/versions/3.8.18/bin/python3"
#: The oldest Python that it is made for, where there is one.
PYTHONS = [sys.executable, *([str(OLDEST)] if OLDEST.exists() else [])]


def exported(folder: Path) -> Path:
    """Write a log that was cut, sealed and hashed by two functions; return its unpacked export."""
    for days in (400, 300, 20, 10):
        record("user.edited", by=WANG, at=NOON - days * DAY, before={"n": "旧"}, after={"n": days})
        db.session.commit()
    hashing.choose(Algorithm.SM3, by=WANG, at=NOON)
    for _ in retention.thin_evidence(NOON, Settings(keep_audit_days=184)):
        db.session.commit()
    with reading.snapshot() as connection:
        rows = {row[0]: row for row in verifying.rows(connection, 2)}
        seals = [Seal(n, rows[n][-1], rows[n][1], NOON.isoformat()) for n in (4, 6)]
        packed = io.BytesIO()
        exporting.write(packed, connection, seals, of="县医院", at=NOON)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    (folder.parent / "export.zip").write_bytes(packed.getvalue())
    return folder


def verified(python: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the export's own verifier where nothing of ours can be imported."""
    elsewhere = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "-I", str(folder / "verify.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, check=False, cwd="/", env=elsewhere, encoding="utf-8"
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("python", PYTHONS, ids=["ours", "oldest"][: len(PYTHONS)])
def test_a_good_export_is_whole_packed_and_unpacked(any_app, tmp_path, python):
    folder = exported(tmp_path / "export")
    for where in (folder, tmp_path / "export.zip"):
        done = verified(python, folder, str(where))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "日志完整。共 4 条，止于第 6 条，比对封印 2 个。" in done.stdout
        assert "The log is whole: 4 entries, the last is 6. Seals compared: 2." in done.stdout


def lines(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def bend(folder: Path) -> None:
        path = folder / "entries.jsonl"
        before = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(change(before)), "utf-8")

    return bend


def forge_the_end(folder: Path) -> None:
    """Cut off the end and make the manifest fit: only a seal knows."""
    lines(lambda all_of_it: all_of_it[:-1])(folder)
    entries = [
        json.loads(line) for line in (folder / "entries.jsonl").read_text("utf-8").splitlines()
    ]
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest |= {"last": entries[-1]["id"], "hash": entries[-1]["hash"]}
    path.write_text(json.dumps(manifest), "utf-8")


def forge_the_start(folder: Path) -> None:
    """Cut off the beginning, behind an anchor whose own hash is right."""
    lines(lambda all_of_it: all_of_it[1:])(folder)
    (first,) = [
        json.loads(line) for line in (folder / "anchors.jsonl").read_text("utf-8").splitlines()
    ]
    entry = json.loads((folder / "entries.jsonl").read_text("utf-8").splitlines()[0])
    made = first | {"position": entry["id"] - 1, "hash": entry["previous_hash"]}
    facts = [made[name] for name in ("algorithm", "previous_hash", "position", "hash", "at")]
    made["own_hash"] = audit_verifier.digest(made["algorithm"], ["itops-audit-anchor-1", *facts])
    (folder / "anchors.jsonl").write_text(json.dumps(made) + "\n")


BENT = {
    "edited": (
        lines(lambda all_of_it: [one.replace("王敏", "王大") for one in all_of_it]),
        "被改过",
    ),
    "deleted": (lines(lambda all_of_it: [all_of_it[0], *all_of_it[2:]]), "are gone or moved"),
    "moved": (lines(lambda all_of_it: [all_of_it[1], all_of_it[0], *all_of_it[2:]]), "不衔接"),
    "put_in": (lines(lambda all_of_it: [all_of_it[0], *all_of_it]), "doesn't follow"),
    "cut_off": (forge_the_end, "was sealed and is gone"),
    "beheaded": (forge_the_start, "was not set by retention"),
    "broken": (lines(lambda all_of_it: ["{\n", *all_of_it]), "无法读取"),
}


@pytest.mark.parametrize("way", BENT)
def test_a_bent_export_is_not(any_app, tmp_path, way):
    folder = exported(tmp_path / "export")
    bend, sentence = BENT[way]
    bend(folder)
    done = verified(sys.executable, folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert sentence in done.stdout
    assert "The log is NOT whole" in done.stdout


def test_a_log_that_was_written_anew_is_found_by_a_seal_from_elsewhere(any_app, tmp_path):
    folder = exported(tmp_path / "export")
    kept = Seal(5, "f" * 64, "sha256", NOON.isoformat())
    (tmp_path / "kept.jsonl").write_text(kept.as_line() + "\n")
    done = verified(sys.executable, folder, "--seals", str(tmp_path / "kept.jsonl"))
    assert done.returncode == 2
    assert "entry 5 isn't the one that was sealed" in done.stdout


def test_what_is_no_export_is_said_to_be_none(any_app, tmp_path):
    folder = exported(tmp_path / "export")
    shutil.copy(folder / "README.txt", tmp_path / "none.zip")
    done = verified(sys.executable, folder, str(tmp_path / "none.zip"))
    assert done.returncode == 1
    assert "can't be read" in done.stdout


STEER = "\x1b[2J\x1b[H日志完整。The log is whole\r"


def hostile_hash(entry: dict[str, object]) -> dict[str, object]:
    return entry | {"hash": STEER}


def hash_of_no_function(entry: dict[str, object]) -> dict[str, object]:
    return entry | {"algorithm": "none", "hash": None}


def number_that_steers(entry: dict[str, object]) -> dict[str, object]:
    return entry | {"id": STEER}


@pytest.mark.parametrize("forge", [hostile_hash, hash_of_no_function, number_that_steers])
def test_an_entry_that_is_none_is_told_and_steers_no_terminal(any_app, tmp_path, forge):
    folder = exported(tmp_path / "export")
    lines(
        lambda all_of_it: [
            *all_of_it[:-1],
            json.dumps(forge(json.loads(all_of_it[-1])), ensure_ascii=False) + "\n",
        ]
    )(folder)
    done = verified(sys.executable, folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "NOT whole" in done.stdout
    assert "\x1b" not in done.stdout
    assert "The log is whole" not in done.stdout


def manifest_of(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


@pytest.mark.parametrize("name", ["/dev/zero", "../../../etc/passwd", "verify.py"])
def test_a_manifest_names_no_file_that_is_not_of_an_export(any_app, tmp_path, name):
    folder = exported(tmp_path / "export")
    hashes = json.loads((folder / "manifest.json").read_text("utf-8"))["sha256"]
    manifest_of(folder, sha256=hashes | {name: "0" * 64})
    done = verified(sys.executable, folder)
    assert done.returncode == 2, done.stdout + done.stderr
    manifest_of(folder, sha256={})
    assert verified(sys.executable, folder).returncode == 2


@pytest.mark.parametrize("text", ["[" * 200_000, "[]", "7", '{"last": 1}', "\x1b[31m"])
@pytest.mark.parametrize("file", ["manifest.json", "anchors.jsonl", "seals.jsonl"])
def test_nonsense_is_said_to_be_no_export_and_is_no_bug(any_app, tmp_path, text, file):
    folder = exported(tmp_path / "export")
    (folder / file).write_text(text)
    done = verified(sys.executable, folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr == ""
    assert "can't be read" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("length", [0, 3, 55, 56, 63, 64, 65, 1000])
def test_the_verifiers_own_sm3_is_the_librarys(length):
    content = b"\xe7" * length
    assert audit_verifier.sm3_of_ours(content) == digest_by(Algorithm.SM3)(content)
