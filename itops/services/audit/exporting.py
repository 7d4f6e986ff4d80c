"""The export for an assessor: the whole log, its seals, and the program that verifies both."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import IO, Any

from sqlalchemy import Connection, select

from itops.models import AuditAnchor
from itops.models.audit import GENESIS
from itops.models.audit_chain import FACTS, FORM, moment
from itops.services.audit import verifying
from itops.services.audit.seals import Seal

NAMES = (*FACTS, "hash")
ENTRIES_AT_ONCE = 1000
READ_ME = """\
审计日志导出 / Export of the audit log
======================================

entries.jsonl   每行一条记录 / one entry a line
anchors.jsonl   按保存期清理时留下的锚点 / where retention cut the log
seals.jsonl     封印 / the seals
manifest.json   条数、最后一条的散列值、各文件的 SHA-256 / what is in here
verify.py       独立的核验程序，只需 Python 3.8 以上 / verifies all of it by itself

    python3 verify.py
    python3 verify.py --seals <另处保存的封印文件 / seals that were kept elsewhere>
"""


@dataclass
class _Written:
    """What was written so far, for the manifest."""

    entries: int = 0
    last: int = 0
    hash: str = ""
    sha256: dict[str, str] = field(default_factory=dict)


def write(
    file: IO[bytes], connection: Connection, seals: Sequence[Seal], *, of: str, at: datetime
) -> None:
    """Write the zip file of the whole log, as this connection's transaction sees it."""
    done = _Written()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, lines in _files(connection, seals, done).items():
            made = hashlib.sha256()
            with packed.open(name, "w", force_zip64=True) as member:
                for part in lines:
                    made.update(part)
                    member.write(part)
            done.sha256[name] = made.hexdigest()
        packed.writestr("manifest.json", json.dumps(_manifest(done, of, at), indent=2))
        packed.writestr("verify.py", verifier())
        packed.writestr("README.txt", READ_ME)


def verifier() -> str:
    """Return the program that verifies an export by itself."""
    return (resources.files("itops.documents") / "audit_verifier.py").read_text("utf-8")


def _files(
    connection: Connection, seals: Sequence[Seal], done: _Written
) -> Mapping[str, Iterator[bytes]]:
    return {
        "anchors.jsonl": _anchors(connection, done),
        "entries.jsonl": _entries(connection, done),
        "seals.jsonl": (f"{seal.as_line()}\n".encode() for seal in seals),
    }


def _anchors(connection: Connection, done: _Written) -> Iterator[bytes]:
    for anchor in connection.execute(select(AuditAnchor).order_by(AuditAnchor.id)):
        done.last, done.hash = anchor.position, anchor.hash
        told = {
            "algorithm": anchor.algorithm.value,
            "previous_hash": anchor.previous_hash,
            "position": anchor.position,
            "hash": anchor.hash,
            "at": moment(anchor.at),
            "own_hash": anchor.own_hash,
        }
        yield f"{json.dumps(told)}\n".encode()


def _entries(connection: Connection, done: _Written) -> Iterator[bytes]:
    lines: list[str] = []
    for row in verifying.rows(connection, done.last):
        done.entries += 1
        done.last, done.hash = row[0], row[-1]
        lines.append(
            json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False, default=repr)
        )
        if len(lines) == ENTRIES_AT_ONCE:
            yield _joined(lines)
            lines.clear()
    yield _joined(lines)


def _joined(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _manifest(done: _Written, of: str, at: datetime) -> dict[str, Any]:
    return {
        "form": FORM,
        "installation": of,
        "exported_at": at.isoformat(timespec="seconds"),
        "entries": done.entries,
        "last": done.last,
        "hash": done.hash or GENESIS,
        "sha256": done.sha256,
    }
