"""The database handle, the base of every model, and the column types they share."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

import pysqlite3
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Column,
    ColumnDefault,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    event,
    inspect,
)
from sqlalchemy.orm import DeclarativeBase, registry

#: Whether the unit of work on this thread only reads. SQLite wants to know before it begins.
_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)

#: How long who wants to write waits for who writes.
BUSY_SECONDS = 10
#: Releases of SQLite that can corrupt a WAL database when two connections checkpoint and write.
WAL_RESET_FIXED = (3, 51, 3)
WAL_RESET_BACKPORTS = {(3, 44, 6), (3, 50, 7)}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC. A naive one is refused: nobody knows what it means."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    # On the registry, not on the class: Flask-SQLAlchemy copies the class, and a copy with
    # both a registry and a map of its own is refused.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime,
            dict[str, Any]: JSON,
            list[Any]: JSON,
            StrEnum: Enum(
                StrEnum,
                native_enum=False,
                length=40,
                values_callable=lambda kinds: [kind.value for kind in kinds],
            ),
        },
    )


@event.listens_for(Base, "init", propagate=True)
def fill_defaults(target: Base, _args: Any, given: dict[str, Any]) -> None:
    """Apply column defaults when an object is made; SQLAlchemy alone waits for the INSERT."""
    for attribute in inspect(type(target)).column_attrs:
        column = attribute.columns[0]
        default = column.default if isinstance(column, Column) else None
        if isinstance(default, ColumnDefault):
            if default.is_scalar:
                given.setdefault(attribute.key, default.arg)
            elif default.is_callable and attribute.key not in given:
                given[attribute.key] = default.arg(None)


db = SQLAlchemy(
    model_class=Base,
    engine_options={"json_serializer": lambda value: json.dumps(value, ensure_ascii=False)},
    session_options={"autoflush": True, "expire_on_commit": False},
)


@contextmanager
def reading() -> Iterator[None]:
    """Open transactions in this block as readers: on SQLite they wait for nobody."""
    with _as(reads_only=True):
        yield


@contextmanager
def writing() -> Iterator[None]:
    """Open transactions in this block as writers, though what stands around it only reads."""
    with _as(reads_only=False):
        yield


def begin_request(*, reads_only: bool) -> None:
    """Say of the request that this thread now works on whether it only reads."""
    _reads_only.set(reads_only)


def end_request() -> None:
    """Return to what holds outside of requests: a unit of work may write."""
    _reads_only.set(False)


@contextmanager
def _as(*, reads_only: bool) -> Iterator[None]:
    token = _reads_only.set(reads_only)
    try:
        yield
    finally:
        _reads_only.reset(token)


class WriteGate:
    """Lets one writer of this process at a time begin a transaction; the next starts at once.

    SQLite itself lets them wait by sleeping, each time longer, so that a busy database stands still
    between two transactions. What other processes write it still waits for in its own way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: Any = None

    def enter(self, connection: Any) -> None:
        """Wait for our turn; who waits too long tries all the same, and SQLite says "locked"."""
        if self._lock.acquire(timeout=BUSY_SECONDS):
            self._holder = connection

    def leave(self, connection: Any) -> None:
        """Let the next one in, if this connection was in."""
        if self._holder is connection:
            self._holder = None
            self._lock.release()

    def guard(self, dialect: Any) -> None:
        """Leave at the end of every transaction of `dialect`, however it ends."""
        commit, rollback, close = dialect.do_commit, dialect.do_rollback, dialect.do_close

        def do_commit(connection: Any) -> None:
            commit(connection)
            self.leave(connection.dbapi_connection)

        def do_rollback(connection: Any) -> None:
            try:
                rollback(connection)
            finally:
                self.leave(connection.dbapi_connection)

        def do_close(connection: Any) -> None:
            try:
                close(connection)
            finally:
                self.leave(connection)

        dialect.do_commit, dialect.do_rollback, dialect.do_close = do_commit, do_rollback, do_close


def prepare(engine: Engine) -> None:
    """Set up the engine's connections; must be called once for every new engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        gate = WriteGate()
        gate.guard(engine.dialect)
        event.listen(engine, "begin", partial(_begin_sqlite, gate))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    wal = "WAL" if wal_is_safe(sqlite_version()) else "TRUNCATE"
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        f"journal_mode={wal}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16384",
        "temp_store=MEMORY",
        # Where many hosts report, a page is written to the log often before it is to the file.
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(gate: WriteGate, connection: Connection) -> None:
    if _reads_only.get():
        connection.exec_driver_sql("BEGIN")
        return
    raw = connection.connection.dbapi_connection
    gate.enter(raw)
    try:
        # A deferred BEGIN that turns to writing fails at once in spite of busy_timeout.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException:
        gate.leave(raw)
        raise


def sqlite_module() -> Any:
    """Return the driver with the SQLite that we trust; CPython's own is older."""
    return pysqlite3.dbapi2


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use, for instance (3, 53, 4)."""
    return tuple(pysqlite3.sqlite_version_info)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset race (fixed in 3.51.3 and two back-ports)."""
    return version >= WAL_RESET_FIXED or version in WAL_RESET_BACKPORTS
