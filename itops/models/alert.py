"""Alerts: one episode of trouble with one subject by one rule, and its timeline."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.errors import Message, Refused
from itops.models.asset import Asset, Criticality
from itops.models.backup import BackupJob
from itops.models.check import Check
from itops.models.host import Host
from itops.models.module import SystemModule
from itops.models.place import Department, Site
from itops.models.quiet import Quiet


class AlertStatus(StrEnum):
    #: Not yet often enough in a row to tell anybody.
    SOFT = "soft"
    #: It would be open, but a planned stop, a silence or its cause keeps it from being told.
    QUIET = "quiet"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


#: Where an episode may go. What is not listed is refused; once people know of it, it stays known.
MOVES = {
    AlertStatus.SOFT: {AlertStatus.QUIET, AlertStatus.OPEN, AlertStatus.RESOLVED},
    AlertStatus.QUIET: {AlertStatus.OPEN, AlertStatus.RESOLVED},
    AlertStatus.OPEN: {AlertStatus.ACKNOWLEDGED, AlertStatus.RESOLVED},
    AlertStatus.ACKNOWLEDGED: {AlertStatus.RESOLVED},
    AlertStatus.RESOLVED: set[AlertStatus](),
}
#: People know of these, and they are not over.
STANDING = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
#: From here on it is worth a line: not one bad verdict that may pass.
HARD = (AlertStatus.QUIET, *STANDING)


class Alert(Base):
    """An episode: (subject, rule) from its first bad verdict to the good one that ends it."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "host:12", "check:7", "module:3", "backup_job:4", "site:5", "location:7", "channel:1".
    subject: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(String(120))
    #: "subject rule" while the episode lasts, then NULL: the database allows one at a time.
    open_key: Mapped[str | None] = mapped_column(String(190), unique=True)
    status: Mapped[AlertStatus] = mapped_column(default=AlertStatus.SOFT)
    state: Mapped[State]
    worst: Mapped[State]
    #: What the subject is called, kept for the day when it is gone.
    subject_name: Mapped[str] = mapped_column(String(255))
    subject_name_en: Mapped[str] = mapped_column(String(255), default="")
    criticality: Mapped[Criticality] = mapped_column(default=Criticality.NORMAL)
    message: Mapped[dict[str, Any]]
    #: Figures behind the message.
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
    #: Bad verdicts in a row before anybody was told.
    streak: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(120), default="")
    #: Since when it is well again, while it is not yet believed: it has come and gone before.
    good_since_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    #: How often it came back: within this episode, and in those shortly before.
    returns: Mapped[int] = mapped_column(default=0)
    #: Why nobody is told: the cause that it stands on, a planned stop, or a silence.
    cause_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert.id", ondelete="SET NULL"), index=True
    )
    cause: Mapped[Alert | None] = relationship(remote_side="Alert.id")
    quiet_id: Mapped[int | None] = mapped_column(
        ForeignKey("quiet.id", ondelete="SET NULL"), index=True
    )
    quiet: Mapped[Quiet | None] = relationship()
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_alert_status_id", "status", "id"),
        Index("ix_alert_opened_at", "opened_at"),
        Index("ix_alert_resolved_at", "resolved_at"),
        Index("ix_alert_subject_rule_id", "subject", "rule", "id"),
    )

    @property
    def is_over(self) -> bool:
        return self.status is AlertStatus.RESOLVED

    def move_to(self, status: AlertStatus, *, at: datetime) -> None:
        """Go on to `status`, and note when. Raise Refused if it may not."""
        if status not in MOVES[self.status]:
            raise Refused(
                "alert.move_refused",
                old=Message(f"alert.status.{self.status}"),
                new=Message(f"alert.status.{status}"),
            )
        self.status = status
        if status is AlertStatus.OPEN:
            self.opened_at = at
        elif status is AlertStatus.ACKNOWLEDGED:
            self.acknowledged_at = at
        elif status is AlertStatus.RESOLVED:
            self.resolved_at, self.open_key = at, None


class AlertEvent(Base):
    """One line of an alert's timeline. It is written once and never changed."""

    __tablename__ = "alert_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    #: Who acted; nobody did where a state changed.
    by: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[State | None]
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_alert_event_alert_id_id", "alert_id", "id"),)
