"""Remote checks: what is checked where and how often, the last verdict, keys and credentials."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.asset import Asset
from itops.models.due import Due
from itops.models.module import SystemModule
from itops.models.place import Department, Site


class CredentialKind(StrEnum):
    SSH_KEY = "ssh_key"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    SNMP_COMMUNITY = "snmp_community"
    SNMP_USER = "snmp_user"


class Credential(Base):
    """What a check signs in with. The secret is sealed, and never shown again."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[CredentialKind]
    user_name: Mapped[str] = mapped_column(String(80), default="")
    #: AES-GCM under the master key named by `sealed_by`, which is not in the database.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_by: Mapped[str] = mapped_column(String(16), index=True)
    #: The public half of a key, for copying to machines.
    public_text: Mapped[str] = mapped_column(String(1000), default="")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    last_used_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy


class HostKeyState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class HostKey(Base):
    """The key with which a machine proves itself over SSH, captured before we tell it anything."""

    __tablename__ = "host_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(default=22)
    algorithm: Mapped[str] = mapped_column(String(40))
    public_key: Mapped[str] = mapped_column(String(2000))
    #: "SHA256:…" as ssh-keygen -lf prints it.
    fingerprint: Mapped[str] = mapped_column(String(80))
    state: Mapped[HostKeyState] = mapped_column(default=HostKeyState.PENDING, index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    seen_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (UniqueConstraint("address", "port", "fingerprint"),)


class Check(Due, Base):
    """One thing that is looked at again and again, with its last verdict."""

    __tablename__ = "remote_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A name in the catalogue of checks.
    kind: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    #: What it is about; at least the site is known.
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    asset: Mapped[Asset | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    address: Mapped[str] = mapped_column(String(255), default="")
    port: Mapped[int | None]
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"), index=True)
    credential: Mapped[Credential | None] = relationship()
    #: Typed by the catalogue's grammar for this kind.
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    interval_seconds: Mapped[int] = mapped_column(default=300)
    #: How many verdicts in a row make a soft state hard, and how soon it is looked again.
    attempts: Mapped[int] = mapped_column(default=3)
    retry_seconds: Mapped[int] = mapped_column(default=60)
    is_enabled: Mapped[bool] = mapped_column(default=True)

    last_run_at: Mapped[datetime | None]
    last_seconds: Mapped[float | None]
    #: The last hard state; unknown is shown once `stale_at` is past.
    state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    state_since_at: Mapped[datetime | None]
    soft_state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    streak: Mapped[int] = mapped_column(default=0)
    stale_at: Mapped[datetime | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    #: The beginning of what the other side said, for people who look for the reason.
    excerpt: Mapped[str] = mapped_column(String(4000), default="")

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_remote_check_stale_at", "stale_at", "state"),)


class CheckChange(Base):
    """A check went from one hard state to another."""

    __tablename__ = "check_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("remote_check.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    old: Mapped[State]
    new: Mapped[State]
    findings: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        Index("ix_check_change_check_id_at", "check_id", "at"),
        Index("ix_check_change_at", "at"),
    )
