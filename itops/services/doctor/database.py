"""The doctor looks at the database: its kind, library, journal, size, room, integrity, schema."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from itops import sqlite
from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.services.doctor.findings import Finding, found
from itops.services.upgrading import (
    broken_reference,
    current_revision,
    known_revisions,
    newest_revision,
)

MIB, GIB = 2**20, 2**30
#: Less room than this is trouble now, or soon.
LEAST_FREE, FEW_FREE = 1 * GIB, 5 * GIB


def examine(settings: Settings, *, thoroughly: bool) -> Iterator[Finding]:
    """Yield what there is to say of the database and its disk."""
    try:
        version = _version()
    except SQLAlchemyError as error:
        yield found("database", State.CRITICAL, kind=_kind(), reason=str(error).splitlines()[0])
        return
    yield found("database", State.OK, kind=_kind(), version=version, size=_size_of(_size()))
    yield from _schema()
    yield _room(settings.data_dir)
    if settings.is_sqlite:
        yield from _sqlite(thoroughly=thoroughly)


def _kind() -> str:
    return "SQLite" if db.engine.dialect.name == "sqlite" else "PostgreSQL"


def _version() -> str:
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("SELECT count(*) FROM sqlite_master"))
        return ".".join(map(str, sqlite.version()))
    return str(db.session.scalar(text("SHOW server_version")))


def _size() -> int:
    if db.engine.dialect.name != "sqlite":
        return int(db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    file = Path(str(db.engine.url.database))
    parts = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.is_file())


def _schema() -> Iterator[Finding]:
    current = current_revision(db.session.connection())
    if current is not None and current not in known_revisions():
        yield found("newer", State.CRITICAL, revision=current)
        return
    is_newest = current == newest_revision()
    yield found("schema", State.OK if is_newest else State.WARNING, revision=current or "–")


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    state = State.OK
    if free < FEW_FREE:
        state = State.CRITICAL if free < LEAST_FREE else State.WARNING
    return found("room", state, free=_size_of(free), folder=str(folder))


def _sqlite(*, thoroughly: bool) -> Iterator[Finding]:
    version = ".".join(map(str, sqlite.version()))
    is_safe = sqlite.wal_is_safe(sqlite.version())
    yield found("library", State.OK if is_safe else State.WARNING, version=version)
    journal = str(db.session.scalar(text("PRAGMA journal_mode"))).upper()
    synchronous = db.session.scalar(text("PRAGMA synchronous"))
    is_durable = journal in {"WAL", "TRUNCATE"} and synchronous == 2
    yield found("journal", State.OK if is_durable else State.CRITICAL, mode=journal)
    if thoroughly:
        answer = str(db.session.scalar(text("PRAGMA quick_check(1)")))
        state = State.OK if answer == "ok" else State.CRITICAL
        yield found("integrity", state, answer=answer[:200])
        table = broken_reference(db.session.connection())
        yield found("references", State.CRITICAL if table else State.OK, table=table or "")


def _size_of(count: int) -> str:
    return f"{count / GIB:.1f} GB" if count >= GIB else f"{count / MIB:.0f} MB"
