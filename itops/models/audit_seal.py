"""Seals of the audit log: what was written down outside of the database, and where it arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message
from itops.models.hashes import Algorithm


class AuditSeal(Base):
    """The head of the chain on one day. What counts is not this row, but its copies elsewhere."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    position: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[Algorithm]
    copies: Mapped[list[AuditSealCopy]] = relationship(
        back_populates="seal", order_by="AuditSealCopy.id", lazy="selectin"
    )


class AuditSealCopy(Base):
    """One place to which a seal goes: a file, or a reader of a channel."""

    __tablename__ = "audit_seal_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey("audit_seal.id"), index=True)
    seal: Mapped[AuditSeal] = relationship(back_populates="copies")
    #: A file's path, or the name of a channel.
    place: Mapped[str] = mapped_column(String(500))
    #: Whom a mail goes to; empty for files and groups.
    recipient: Mapped[str] = mapped_column(String(254), default="")
    is_file: Mapped[bool]
    arrived_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    #: Why it has not arrived (a message).
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def why(self) -> Message | None:
        """Why it has not arrived."""
        return Message.from_json(self.error) if self.error else None
