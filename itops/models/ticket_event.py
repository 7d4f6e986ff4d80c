"""A ticket's timeline, and the reports of people that stand behind a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.place import Department


class TicketReport(Base):
    """One person's report of it: the first opened the ticket, the others said "me too"."""

    __tablename__ = "ticket_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    #: Drawn with the form: three impatient taps are one report.
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    #: The code with which the reporter follows; only its digest is kept.
    follow_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    is_first: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[datetime]
    #: 1 to 5, given once it is resolved.
    rating: Mapped[int | None]
    rated_at: Mapped[datetime | None]
    rating_text: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_known"),
        Index("ix_ticket_report_ticket_id_id", "ticket_id", "id"),
    )


class TicketEvent(Base):
    """One line of a ticket's timeline; notes of people among them."""

    __tablename__ = "ticket_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), default="")
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: What a person wrote, and whether the reporters may read it.
    text: Mapped[str] = mapped_column(Text, default="")
    is_public: Mapped[bool] = mapped_column(default=False)
    #: Of this report alone: its reporter reads it, the other reporters don't.
    report_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket_report.id", ondelete="SET NULL"), index=True
    )

    __table_args__ = (Index("ix_ticket_event_ticket_id_id", "ticket_id", "id"),)
