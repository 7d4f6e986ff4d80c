"""Software modules (HIS, LIS, PACS …), who needs whom, and the live state of each module."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.asset import Asset, Criticality
from itops.models.place import Department, Site
from itops.models.user import User


class SystemModule(Base):
    """A clinical or administrative software system as the hospital runs it."""

    __tablename__ = "module"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What people call it for short: HIS, LIS …
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship()
    #: The department that owns it professionally: the laboratory owns the LIS.
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    #: The person of the information department who answers for it.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    owner: Mapped[User | None] = relationship()
    software_version: Mapped[str] = mapped_column(String(60), default="")
    vendor: Mapped[str] = mapped_column(String(120), default="")
    vendor_phone: Mapped[str] = mapped_column(String(40), default="")
    criticality: Mapped[Criticality] = mapped_column(default=Criticality.NORMAL)
    #: How much work may be lost at most, and how long it may be down.
    rpo_minutes: Mapped[int | None]
    rto_minutes: Mapped[int | None]
    #: When it has to work: {"days": [1 … 7], "from": "08:00", "to": "18:00"}; empty: always.
    service_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: What people do while it is down, said on the report form and on ward pages.
    meanwhile: Mapped[str] = mapped_column(Text, default="")
    meanwhile_en: Mapped[str] = mapped_column(Text, default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    is_in_use: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    #: Grows with every change; an edit made on an older version is a Conflict.
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("rpo_minutes >= 0", name="rpo_not_negative"),
        CheckConstraint("rto_minutes >= 0", name="rto_not_negative"),
    )


class DependencyKind(StrEnum):
    RUNS_ON = "runs_on"
    POWERED_BY = "powered_by"
    NEEDS = "needs"
    SERVES = "serves"


class Dependency(Base):
    """One thing stands on another. The upper falls with the lower.

    runs_on: a module on an asset; powered_by: an asset on an asset (its UPS); needs: a module on a
    module, or an asset on an asset (its switch); serves: a department on a module.
    """

    __tablename__ = "dependency"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DependencyKind]
    upper_module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), index=True
    )
    upper_asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    upper_department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    lower_module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), index=True
    )
    lower_asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    upper_module: Mapped[SystemModule | None] = relationship(foreign_keys=upper_module_id)
    upper_asset: Mapped[Asset | None] = relationship(foreign_keys=upper_asset_id)
    upper_department: Mapped[Department | None] = relationship()
    lower_module: Mapped[SystemModule | None] = relationship(foreign_keys=lower_module_id)
    lower_asset: Mapped[Asset | None] = relationship(foreign_keys=lower_asset_id)
    #: "upper > lower" as text: one arrow between two things exists once.
    arrow: Mapped[str] = mapped_column(String(80), unique=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN upper_module_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN upper_asset_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN upper_department_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_upper",
        ),
        CheckConstraint(
            "(CASE WHEN lower_module_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN lower_asset_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_lower",
        ),
    )


class ModuleState(Base):
    """The last verdict on a module, rolled up from what it stands on and from its own checks."""

    __tablename__ = "module_state"

    module_id: Mapped[int] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    since_at: Mapped[datetime]
    looked_at: Mapped[datetime]
    #: Findings as JSON, worst first: what the state comes from.
    reasons: Mapped[list[Any]] = mapped_column(default=list)


class ModuleStateChange(Base):
    """A module went from one state to another; availability is summed up from these."""

    __tablename__ = "module_state_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    old: Mapped[State]
    new: Mapped[State]
    reasons: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        Index("ix_module_state_change_module_id_at", "module_id", "at"),
        Index("ix_module_state_change_at", "at", "module_id"),
    )
