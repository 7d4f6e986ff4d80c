"""Background work: long one-off jobs with their progress, and duties that come round."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from itops.db import Base


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """Long work done once, claimed by a conditional update; a lease that ends is free again."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING, index=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    #: What it is about: "backup_job:4", "check:7".
    subject: Mapped[str] = mapped_column(String(60), default="", server_default="", index=True)
    #: Kind and subject while the job waits or runs, if there may only be one: then NULL.
    open_key: Mapped[str | None] = mapped_column(String(110), unique=True)
    #: What is done now, in words (a message).
    step: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_until_at: Mapped[datetime | None]
    #: Which worker has it; only that one may commit what it did.
    held_by: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    #: A message when it failed, or when there is something to say.
    outcome: Mapped[dict[str, Any] | None]


class Duty(Base):
    """Work that comes round (packing, retention …). The row is the truth of when it is due."""

    __tablename__ = "duty"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    lease_until_at: Mapped[datetime | None]
    #: Which worker has it; only that one may commit what it did.
    held_by: Mapped[str | None] = mapped_column(String(80))
    last_done_at: Mapped[datetime | None]
    last_seconds: Mapped[float | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")
