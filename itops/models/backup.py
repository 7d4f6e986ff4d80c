"""Backups: the job that a module relies on, its runs, and what was verified of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.check import Check
from itops.models.due import Due
from itops.models.module import SystemModule
from itops.models.place import Site


class BackupKind(StrEnum):
    """What the backup holds, which decides how it is read and restored."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"
    FILES = "files"
    OTHER = "other"
    #: Our own: made by itops itself.
    ITOPS = "itops"


class SeenBy(StrEnum):
    HEARTBEAT = "heartbeat"
    SSH = "ssh"
    LOCAL = "local"


class BackupJob(Due, Base):
    """What is backed up where, how often, and how much may be lost."""

    __tablename__ = "backup_job"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    #: None for our own, which belongs to no hospital.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    kind: Mapped[BackupKind]
    seen_by: Mapped[SeenBy]
    #: Where it lies, in words of people.
    place: Mapped[str] = mapped_column(String(255), default="")
    #: Of this server: a folder of ITOPS_BACKUP_DIRS and a pattern, "/backup/lis/*.dump".
    path: Mapped[str] = mapped_column(String(1000), default="")
    #: Of another machine: the check that looks at its newest file over SSH.
    check_id: Mapped[int | None] = mapped_column(
        ForeignKey("remote_check.id", ondelete="SET NULL"), index=True
    )
    check: Mapped[Check | None] = relationship()
    #: Hospital rule: class 1 daily, 2 every three days, 3 weekly.
    backup_class: Mapped[int] = mapped_column(default=1)
    every_minutes: Mapped[int]
    grace_minutes: Mapped[int] = mapped_column(default=60)
    rpo_minutes: Mapped[int | None]
    rto_minutes: Mapped[int | None]
    restore_test_days: Mapped[int] = mapped_column(default=90)
    #: What a restored copy must answer: checks.backups.assertions, no free SQL.
    assertions: Mapped[list[Any]] = mapped_column(default=list)
    #: The heartbeat address holds a code; only its digest is kept.
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    #: The first characters of the code, so that people can tell addresses apart.
    token_hint: Mapped[str] = mapped_column(String(8), default="")
    is_off_site: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    state_since_at: Mapped[datetime | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        CheckConstraint("backup_class BETWEEN 1 AND 3", name="class_known"),
        CheckConstraint("every_minutes > 0", name="every_positive"),
    )


class RunState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


class BackupRun(Base):
    """One time that a backup was made, as a heartbeat told or as it was seen lying there."""

    __tablename__ = "backup_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("backup_job.id", ondelete="CASCADE"))
    job: Mapped[BackupJob] = relationship()
    state: Mapped[RunState]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    file_name: Mapped[str] = mapped_column(String(500), default="")
    #: Of the whole file, as it was read here; what the maker told stands in `told`.
    sha256: Mapped[str] = mapped_column(String(64), default="")
    #: When the file was last changed, by the clock of the machine that it lies on.
    changed_at: Mapped[datetime | None]
    #: When the same content was seen before: an old file that was touched is no new backup.
    same_as_at: Mapped[datetime | None]
    #: What the maker told: exit code, a bounded end of its log.
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_backup_run_job_id_seen_at", "job_id", "seen_at"),)


#: In the facts of a record that a person signed: who. A machine's record has none.
SIGNED_BY = "signed_by"


class VerificationLevel(StrEnum):
    FRESHNESS = "freshness"
    SIZE = "size"
    INTEGRITY = "integrity"
    RESTORE_TEST = "restore_test"


class Verification(Base):
    """One level of one verification. Evidence: written once, never changed, never thinned."""

    __tablename__ = "verification"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("backup_job.id", ondelete="CASCADE"))
    job: Mapped[BackupJob] = relationship()
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("backup_run.id", ondelete="SET NULL"), index=True
    )
    run: Mapped[BackupRun | None] = relationship()
    level: Mapped[VerificationLevel]
    at: Mapped[datetime]
    state: Mapped[State]
    message: Mapped[dict[str, Any]]
    #: Figures: assertions with their answers, measured_rpo_seconds, measured_rto_seconds …
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ordered_by: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_verification_job_id_level_at", "job_id", "level", "at"),
        Index("ix_verification_at", "at"),
    )
