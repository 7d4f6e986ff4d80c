"""The database handle, the base of every model, and the column types they share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Column,
    ColumnDefault,
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

from itops import sqlite

#: Keys of rows are 32-bit on PostgreSQL; a larger number is nobody's.
LARGEST_KEY = 2**31 - 1
#: Whether the unit of work on this thread only reads. SQLite wants to know before it begins.
_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)
#: How long the unit of work on this thread waits for its turn to write.
_seconds: ContextVar[float] = ContextVar("seconds", default=sqlite.PATIENT_SECONDS)


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


def as_json(value: Any) -> str:
    """Return the text that a JSON column keeps."""
    return json.dumps(value, ensure_ascii=False)


db = SQLAlchemy(
    model_class=Base,
    engine_options={"json_serializer": as_json},
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
    answer_soon()


def end_request() -> None:
    """Return to what holds outside of requests: a unit of work may write, and has time."""
    _reads_only.set(False)
    _seconds.set(sqlite.PATIENT_SECONDS)


def turn_seconds() -> float:
    """Return how long the work on this thread waits for its turn to write."""
    return _seconds.get()


def answer_soon() -> None:
    """Say of the work on this thread that somebody waits for its answer."""
    _seconds.set(sqlite.BUSY_SECONDS)


@contextmanager
def _as(*, reads_only: bool) -> Iterator[None]:
    token = _reads_only.set(reads_only)
    try:
        yield
    finally:
        _reads_only.reset(token)


def prepare(engine: Engine) -> None:
    """Set up the engine's connections; must be called once for every new engine."""
    if engine.dialect.name == "sqlite":
        sqlite.prepare(engine, reads_only=_reads_only.get, seconds=turn_seconds)
