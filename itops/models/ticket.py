"""Tickets: what somebody reported, who works on it, how it ended, and what they thought of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.alert import Alert
from itops.models.asset import Asset
from itops.models.module import SystemModule
from itops.models.place import Department, Location, Site
from itops.models.user import User
from itops.models.work_order import WorkOrder


class TicketKind(StrEnum):
    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class TicketStatus(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    #: The same as another, which goes on.
    MERGED = "merged"


class Impact(StrEnum):
    """How many it hits."""

    HOSPITAL = "hospital"
    DEPARTMENT = "department"
    SEVERAL = "several"
    ONE = "one"


class Urgency(StrEnum):
    """How long it can wait."""

    NOW = "now"
    TODAY = "today"
    DAYS = "days"


class Ticket(Base):
    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TicketKind] = mapped_column(default=TicketKind.INCIDENT)
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.NEW)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text, default="")
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    location: Mapped[Location | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    asset: Mapped[Asset | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    #: An episode opens one ticket at most.
    alert_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert.id", ondelete="SET NULL"), unique=True
    )
    alert: Mapped[Alert | None] = relationship()
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("work_order.id", ondelete="SET NULL"), index=True
    )
    order: Mapped[WorkOrder | None] = relationship()
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    impact: Mapped[Impact] = mapped_column(default=Impact.ONE)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.TODAY)
    #: 1 (highest) to 4, by the table of impact × urgency.
    priority: Mapped[int]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    assignee: Mapped[User | None] = relationship()
    opened_by: Mapped[str] = mapped_column(String(120), default="")
    opened_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    response_due_at: Mapped[datetime | None]
    resolution_due_at: Mapped[datetime | None]
    #: While on hold: since when; the time limit moves on by as many working minutes.
    paused_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(Text, default="")
    #: What was known about the device at that moment: health, open alerts, recent orders.
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority_known"),
        Index("ix_ticket_status_priority_id", "status", "priority", "id"),
        Index("ix_ticket_assignee_id_status", "assignee_id", "status"),
        Index("ix_ticket_opened_at", "opened_at"),
    )


class TicketReport(Base):
    """One person's report of it: the first opened the ticket, the others said "me too"."""

    __tablename__ = "ticket_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    ticket: Mapped[Ticket] = relationship()
    #: Drawn with the form: three impatient taps are one report.
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    #: The code with which the reporter follows; only its digest is kept.
    follow_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
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
    #: What a person wrote, and whether the reporter may read it.
    text: Mapped[str] = mapped_column(Text, default="")
    is_public: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_ticket_event_ticket_id_id", "ticket_id", "id"),)
