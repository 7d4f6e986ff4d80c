"""Our own backup: a whole copy of the database, made on line, once a day, the newest kept.

On SQLite the copy is made by the database itself while work goes on; on PostgreSQL by pg_dump. The
key that seals secrets is not in it: who has only the copy reads none of them (see docs/admin.md).
"""

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pysqlite3
from sqlalchemy import select

from itops.config import Settings
from itops.db import db
from itops.models import BackupJob, BackupKind, BackupRun, SeenBy
from itops.remote.backups import programs
from itops.remote.backups.faults import CannotLook

EVERY = timedelta(days=1)
KEPT = 14
PAGES = 2_000
SECONDS = 3600.0


@dataclass(frozen=True)
class Task:
    """A copy that is due: of which database, into which file."""

    url: str
    target: Path
    is_due: bool


def ensure(*, at: datetime) -> None:
    """Make the job of our own backup, if there is none yet."""
    wanted = select(BackupJob.id).where(BackupJob.kind == BackupKind.ITOPS)
    if db.session.scalar(wanted.limit(1)) is None:
        db.session.add(
            BackupJob(
                name="itops 自身",
                name_en="itops itself",
                kind=BackupKind.ITOPS,
                seen_by=SeenBy.LOCAL,
                every_minutes=int(EVERY / timedelta(minutes=1)),
                restore_test_days=30,
                due_at=at,
                created_at=at,
                updated_at=at,
            )
        )
        db.session.flush()


def folder(settings: Settings) -> Path:
    """Return where our own copies lie."""
    return settings.data_dir.absolute() / "backups"


def task(run: BackupRun | None, settings: Settings, *, at: datetime) -> Task:
    """Return what is to be copied, if a copy is due."""
    kind = "db" if settings.is_sqlite else "dump"
    target = folder(settings) / f"itops-{at:%Y%m%dT%H%M%SZ}.{kind}"
    is_due = run is None or at - run.seen_at >= EVERY - timedelta(minutes=30)
    return Task(settings.sqlalchemy_url, target, is_due)


def make(wanted: Task) -> Path | None:
    """Make a copy if it is due, whole or not at all, and remove those that are too many."""
    if not wanted.is_due:
        return None
    wanted.target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = wanted.target.with_suffix(".part")
    part.unlink(missing_ok=True)
    if wanted.url.startswith("sqlite"):
        _copy_sqlite(wanted.url.removeprefix("sqlite:///"), part)
    else:
        _dump_postgresql(wanted.url, part)
    part.chmod(0o600)
    part.replace(wanted.target)
    for old in sorted(wanted.target.parent.glob(f"itops-*{wanted.target.suffix}"))[:-KEPT]:
        old.unlink()
    return wanted.target


def _copy_sqlite(database: str, part: Path) -> None:
    source = pysqlite3.connect(f"file:{database}?mode=ro", uri=True)
    target = pysqlite3.connect(str(part))
    try:
        source.backup(target, pages=PAGES, sleep=0.01)
    finally:
        target.close()
        source.close()
    descriptor = os.open(part, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _dump_postgresql(url: str, part: Path) -> None:
    """Let pg_dump write a whole dump; the password goes by the environment, never by argument."""
    parts = urlsplit(url.replace("postgresql+psycopg", "postgresql"))
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    given = {"PGUSER": parts.username or "", "PGPASSWORD": parts.password or ""}
    ended = subprocess.run(  # noqa: S603 - an argument list of our own, no shell
        [programs.program("pg_dump"), "-Fc", "-f", str(part), shown],
        env={**programs.SURROUNDINGS, **{name: value for name, value in given.items() if value}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode:
        raise CannotLook(why=ended.stderr.decode("utf-8", "replace")[-200:])
