"""What is kept of reports over time: rows for hours, packed blocks for months and years."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from itops.db import Base

#: SQLite gives rowids only to INTEGER; PostgreSQL needs the wider type.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class MetricLayout(Base):
    """An order of metric names that many reports share, so that a report holds only numbers."""

    __tablename__ = "metric_layout"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    names: Mapped[list[Any]]


class HealthSample(Base):
    """The figures of one health report, in the order of its layout."""

    __tablename__ = "health_sample"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("host.id", ondelete="CASCADE"))
    #: Epoch milliseconds, corrected by the skew; `taken_ms` is what the agent's clock said.
    at_ms: Mapped[int] = mapped_column(BigInteger)
    taken_ms: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    #: 3 bytes of the spool id, 5 of the report's SHA-256: a number with another body is a clone.
    digest: Mapped[bytes] = mapped_column(LargeBinary(8))
    layout_id: Mapped[int] = mapped_column(ForeignKey("metric_layout.id"))
    #: Little-endian doubles; NaN stands for a figure that is missing.
    figures: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_health_sample_host_id_at_ms", "host_id", "at_ms"),)


class HistoryBlock(Base):
    """One window of one host at one resolution, every metric a compressed column of its own."""

    __tablename__ = "history_block"

    host_id: Mapped[int] = mapped_column(
        ForeignKey("host.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Seconds a step: 60, 300 or 3600.
    step_seconds: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    #: Epoch seconds of the window's start.
    start_seconds: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: The metrics in the order of their columns.
    layout_id: Mapped[int] = mapped_column(ForeignKey("metric_layout.id"))
    #: As services/history/codec.py writes it.
    data: Mapped[bytes] = mapped_column(LargeBinary)


class CheckSample(Base):
    """The figures of one remote check, in the order of its layout, as HealthSample's."""

    __tablename__ = "check_sample"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("remote_check.id", ondelete="CASCADE"))
    #: Epoch milliseconds.
    at_ms: Mapped[int] = mapped_column(BigInteger)
    layout_id: Mapped[int] = mapped_column(ForeignKey("metric_layout.id"))
    #: Little-endian doubles; NaN stands for a figure that is missing.
    figures: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_check_sample_check_id_at_ms", "check_id", "at_ms"),)


class CheckBlock(Base):
    """One window of one check at one resolution, as HistoryBlock."""

    __tablename__ = "check_block"

    check_id: Mapped[int] = mapped_column(
        ForeignKey("remote_check.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    step_seconds: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    start_seconds: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    layout_id: Mapped[int] = mapped_column(ForeignKey("metric_layout.id"))
    data: Mapped[bytes] = mapped_column(LargeBinary)


#: What PostgreSQL is told of these tables. Not to compress what is compressed: it costs time and
#: gains nothing. And to clear away sooner than for others: each hour a tenth of the rows goes and
#: the roll-ups are written anew, and what is not cleared by then is new room on the disk.
SOON = "autovacuum_vacuum_scale_factor = 0.05"
SAMPLES = (f"ALTER TABLE {{}} SET ({SOON})",)
BLOCKS = (
    f"ALTER TABLE {{}} SET ({SOON}, toast.{SOON})",
    "ALTER TABLE {} ALTER COLUMN data SET STORAGE EXTERNAL",
)
STORAGE = {
    "history_block": BLOCKS,
    "check_block": BLOCKS,
    "health_sample": SAMPLES,
    "check_sample": SAMPLES,
}


@event.listens_for(Table, "after_create")
def tell_how_to_store(table: Table, connection: Connection, **_given: Any) -> None:
    """Tell PostgreSQL how to keep a table of history."""
    if connection.dialect.name == "postgresql":
        for order in STORAGE.get(table.name, ()):
            connection.execute(text(order.format(table.name)))
