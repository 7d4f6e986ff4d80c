"""The audit log: who did what to which thing, when, from where, and how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itops.db import Base
from itops.models.hashes import Algorithm

#: What stands for the hash before the first entry.
GENESIS = "0" * 64


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class AuditEntry(Base):
    """One line of the log, written in the transaction of what it tells, and never changed.

    Its number, and the hashes that chain it to the entry before, come with the INSERT: see
    `models.audit_chain`.
    """

    __tablename__ = "audit_entry"

    #: The position in the chain, from 1 on and without a gap.
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    #: The account's number and its name as they were then. No foreign key: that an account goes
    #: must change no entry.
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(45), default="")
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40), default="")
    subject_id: Mapped[int | None]
    subject_name: Mapped[str] = mapped_column(String(255), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[Result] = mapped_column(default=Result.DONE)
    algorithm: Mapped[Algorithm]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entry_action_id", "action", "id"),
        Index("ix_audit_entry_actor_name_id", "actor_name", "id"),
    )


class AuditHead(Base):
    """The end of the chain, in one row: whoever writes an entry locks it first."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    position: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
    #: By which function the next entry is hashed.
    algorithm: Mapped[Algorithm] = mapped_column(default=Algorithm.SHA256)


class AuditAnchor(Base):
    """Where retention cut the chain: what is left begins after this position and hash."""

    __tablename__ = "audit_anchor"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    #: The hash of the last entry that was cut off.
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    algorithm: Mapped[Algorithm]
    #: The anchors are a chain of their own; the entry `audit.cut` names the newest one's hash.
    previous_hash: Mapped[str] = mapped_column(String(64))
    own_hash: Mapped[str] = mapped_column(String(64))
