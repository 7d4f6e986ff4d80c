"""Maintenance plans: what has to be done to what, how often, and what proves it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.asset import Asset, AssetType
from itops.models.module import SystemModule
from itops.models.place import Department, Location, Site
from itops.models.user import User


class Counts(StrEnum):
    """From what the next date is counted."""

    SCHEDULE = "schedule"
    COMPLETION = "completion"


class Checklist(Base):
    """Questions as they were put at some time: written once, shared by all who ask the same."""

    __tablename__ = "checklist"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: SHA-256 of the questions.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    #: [{"key", "kind": yes_no|reading|photo|signature|note, "text", "text_en", "unit", "low",
    #: "high", "required"}]
    questions: Mapped[list[Any]]


class MaintenancePlan(Base):
    """A recurring duty on one asset, all assets of a type at a site, a module, or in a place."""

    __tablename__ = "maintenance_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    #: The template that it was made from, if any.
    template: Mapped[str] = mapped_column(String(40), default="")
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    #: Where it is done; narrows a type to what stands there and below.
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    location: Mapped[Location | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    asset: Mapped[Asset | None] = relationship()
    type_key: Mapped[str | None] = mapped_column(ForeignKey("asset_type.key"), index=True)
    type: Mapped[AssetType | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    owner: Mapped[User | None] = relationship()
    counts: Mapped[Counts] = mapped_column(default=Counts.SCHEDULE)
    starts_on: Mapped[date]
    #: RFC 5545, without DTSTART: "FREQ=MONTHLY;INTERVAL=6".
    recurrence: Mapped[str] = mapped_column(String(200))
    #: An order is made so many days before it is due.
    lead_days: Mapped[int] = mapped_column(default=7)
    #: The next date without an order, and the day on which that one is made. Neither is known
    #: while a plan that counts from completion waits for it.
    next_due_on: Mapped[date | None]
    make_on: Mapped[date | None]
    evidence_rule: Mapped[str] = mapped_column(String(40), default="attested")
    rule_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    needs_sign_off: Mapped[bool] = mapped_column(default=False)
    checklist_id: Mapped[int | None] = mapped_column(ForeignKey("checklist.id"), index=True)
    checklist: Mapped[Checklist | None] = relationship()
    instructions: Mapped[str] = mapped_column(Text, default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    #: Drawn with the form: three impatient clicks are one plan.
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        CheckConstraint("lead_days >= 0", name="lead_not_negative"),
        # The scan for what must be made reads this alone.
        Index("ix_maintenance_plan_is_enabled_make_on", "is_enabled", "make_on"),
    )
