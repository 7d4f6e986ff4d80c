"""Alerts: one episode of trouble with one subject by one rule, and what keeps it quiet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.asset import Asset
from itops.models.backup import BackupJob
from itops.models.check import Check
from itops.models.host import Host
from itops.models.module import SystemModule
from itops.models.place import Department, Site


class AlertStatus(StrEnum):
    #: Not yet often enough in a row to tell anybody.
    SOFT = "soft"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Alert(Base):
    """An episode: (subject, rule) from its first bad verdict to the good one that ends it."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "host:12", "check:7", "module:3", "backup_job:4".
    subject: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(String(60))
    #: "subject rule" while the episode lasts, then NULL: the database allows one at a time.
    open_key: Mapped[str | None] = mapped_column(String(130), unique=True)
    status: Mapped[AlertStatus] = mapped_column(default=AlertStatus.SOFT)
    state: Mapped[State]
    #: What the subject is called, kept for the day when it is gone.
    subject_name: Mapped[str] = mapped_column(String(255))
    message: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    host_id: Mapped[int | None] = mapped_column(
        ForeignKey("host.id", ondelete="SET NULL"), index=True
    )
    host: Mapped[Host | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="SET NULL"), index=True
    )
    asset: Mapped[Asset | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="SET NULL"), index=True
    )
    module: Mapped[SystemModule | None] = relationship()
    check_id: Mapped[int | None] = mapped_column(
        ForeignKey("remote_check.id", ondelete="SET NULL"), index=True
    )
    check: Mapped[Check | None] = relationship()
    backup_job_id: Mapped[int | None] = mapped_column(
        ForeignKey("backup_job.id", ondelete="SET NULL"), index=True
    )
    backup_job: Mapped[BackupJob | None] = relationship()
    streak: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(120), default="")
    resolved_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    #: Why nobody is told: a message (window, silence, or the thing it stands on is down).
    quiet: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_alert_status_id", "status", "id"),
        Index("ix_alert_opened_at", "opened_at"),
        Index("ix_alert_subject_id", "subject", "id"),
    )


class AlertEvent(Base):
    """One line of an alert's timeline."""

    __tablename__ = "alert_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), default="")
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_alert_event_alert_id_id", "alert_id", "id"),)


class QuietKind(StrEnum):
    WINDOW = "window"
    SILENCE = "silence"


class Quiet(Base):
    """A planned stop or a silence: alerts are not opened meanwhile; measuring goes on."""

    __tablename__ = "quiet"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[QuietKind]
    reason: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    #: What it covers: a site and all below it, narrowed by whichever of these is given.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    type_key: Mapped[str | None] = mapped_column(ForeignKey("asset_type.key"), index=True)
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    ended_by: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)
