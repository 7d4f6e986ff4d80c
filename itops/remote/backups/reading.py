"""Reading a backup to its last byte: only what was read whole is whole.

Some tools lie: `pg_restore -l` reads a table of contents, tarfile stops at the first end mark. So a
dump is turned into SQL and thrown away, a gzip stream is read to its checksum, a plain dump has to
end as pg_dump ends it.
"""

import hashlib
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pysqlite3

from itops.clock import monotonic
from itops.remote.backups import archives, programs
from itops.remote.backups.archives import Found
from itops.remote.backups.faults import Damaged, NotThere, OutOfTime, TooNew
from itops.remote.backups.streams import blocks, open_gzip

#: In so many last bytes a plain dump says that it is complete.
TAIL_BYTES = 2_000
#: After so many steps of its machine SQLite asks whether to go on.
SQLITE_STEPS = 1_000
CREATED = re.compile(r"; Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
COMPLETE = re.compile(rb"^-- PostgreSQL database (?:cluster )?dump complete", re.MULTILINE)


class Format(StrEnum):
    """What a file is, by its first bytes."""

    CUSTOM_DUMP = "custom_dump"
    PLAIN_DUMP = "plain_dump"
    GZIP_DUMP = "gzip_dump"
    TAR = "tar"
    GZIP_TAR = "gzip_tar"
    ZIP = "zip"
    SQLITE = "sqlite"
    GZIP = "gzip"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Read:
    """What a whole backup turned out to be."""

    format: Format
    size_bytes: int
    sha256: str
    #: When it was made, as the backup itself says.
    made_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def format_of(path: Path) -> Format:
    """Return what a file is, whatever it is called. Raise NotThere, or Damaged if it is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise NotThere(why=type(error).__name__) from None
    if not head:
        raise Damaged("empty")
    if head.startswith(b"\x1f\x8b"):
        return _inside_gzip(path)
    return _known(head)


def read_whole(path: Path, *, seconds: float) -> Read:
    """Read a backup to its end. Raise Damaged if it is not whole, CannotLook if nobody can say."""
    ends = monotonic() + seconds
    kind = format_of(path)
    digest, size = _digest(path, ends)
    made_at, facts = READERS[kind](path, ends)
    return Read(kind, size, digest, made_at, facts)


def _custom_dump(path: Path, ends: float) -> Found:
    tool = programs.program("pg_restore")
    read = _with(path, [tool, "-f", "/dev/null"], ends)
    if "unsupported version" in read.said:
        raise TooNew(why=_last_line(read.said))
    if read.code != 0:
        raise Damaged("tool_says", why=_last_line(read.said))
    listed = _with(path, [tool, "-l"], ends, output=subprocess.PIPE).printed
    return _created(listed), {"tables": listed.count(" TABLE DATA ")}


def _with(path: Path, arguments: list[str], ends: float, **given: Any) -> programs.Ended:
    """Run a program on the content of a file, under an account that could not open it."""
    with path.open("rb") as file:
        return programs.run(
            arguments,
            who=programs.account(),
            folder=Path("/"),
            seconds=ends - monotonic(),
            given=file,
            **given,
        )


def _plain_dump(path: Path, ends: float) -> Found:
    with path.open("rb") as file:
        return _to_the_end(file, ends)


def _gzip_dump(path: Path, ends: float) -> Found:
    with open_gzip(path) as file:
        return _to_the_end(file, ends, size=path.stat().st_size)


def _to_the_end(file: Any, ends: float, *, size: int = 0) -> Found:
    """Read a plain dump; its last ten lines have to say that it is complete."""
    tail, lines = b"", 0
    for block in blocks(file, ends, size=size):
        lines += block.count(b"\n")
        tail = (tail + block)[-TAIL_BYTES:]
    refuse_open_end(tail)
    return None, {"lines": lines}


def refuse_open_end(tail: bytes) -> None:
    """Given the end of a plain dump, raise Damaged if pg_dump did not write it."""
    if not COMPLETE.search(b"\n".join(tail.splitlines()[-10:])):
        raise Damaged("no_end")


def _sqlite(path: Path, ends: float) -> Found:
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        connection = pysqlite3.connect(address, uri=True)
        connection.set_progress_handler(lambda: monotonic() > ends, SQLITE_STEPS)
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        finally:
            connection.close()
    except pysqlite3.DatabaseError as error:
        if monotonic() > ends:
            raise OutOfTime(program="SQLite") from None
        raise Damaged("tool_says", why=str(error)[:200]) from None
    if answer != "ok":
        raise Damaged("tool_says", why=str(answer)[:200])
    return None, {"tables": tables}


def _gzip_only(path: Path, ends: float) -> Found:
    with open_gzip(path) as file:
        unpacked = sum(len(block) for block in blocks(file, ends, size=path.stat().st_size))
    return None, {"unpacked_bytes": unpacked}


def _not_known(_path: Path, _ends: float) -> Found:
    raise Damaged("not_a_backup")


READERS: dict[Format, Callable[[Path, float], Found]] = {
    Format.CUSTOM_DUMP: _custom_dump,
    Format.PLAIN_DUMP: _plain_dump,
    Format.GZIP_DUMP: _gzip_dump,
    Format.TAR: archives.tar,
    Format.GZIP_TAR: archives.gzip_tar,
    Format.ZIP: archives.packed,
    Format.SQLITE: _sqlite,
    Format.GZIP: _gzip_only,
    Format.UNKNOWN: _not_known,
}


def _known(head: bytes) -> Format:
    if head.startswith(b"PGDMP"):
        return Format.CUSTOM_DUMP
    if head.startswith(b"SQLite format 3\0"):
        return Format.SQLITE
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Format.ZIP
    if head[257:262] == b"ustar":
        return Format.TAR
    return Format.PLAIN_DUMP if b"PostgreSQL database" in head else Format.UNKNOWN


def _inside_gzip(path: Path) -> Format:
    try:
        with open_gzip(path) as file:
            inside = _known(file.read(512))
    except Damaged:
        return Format.GZIP
    return {Format.PLAIN_DUMP: Format.GZIP_DUMP, Format.TAR: Format.GZIP_TAR}.get(
        inside, Format.GZIP
    )


def _digest(path: Path, ends: float) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        for block in blocks(file, ends):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _created(listed: str) -> datetime | None:
    found = CREATED.search(listed)
    if not found:
        return None
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
