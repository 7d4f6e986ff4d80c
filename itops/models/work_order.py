"""Work orders: a plan's occurrence or a repair, its items, the evidence, and the sign-off."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.asset import Asset
from itops.models.backup import Verification
from itops.models.module import SystemModule
from itops.models.place import Department, Location, Site
from itops.models.plan import MaintenancePlan
from itops.models.user import User


class WorkKind(StrEnum):
    PREVENTIVE = "preventive"
    CORRECTIVE = "corrective"


class WorkStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    #: Done and proven, but somebody else has yet to sign.
    TO_SIGN = "to_sign"
    DONE = "done"
    CANCELLED = "cancelled"


class WorkOrder(Base):
    """Made by a plan it *is* the plan's occurrence: a plan and a date have one."""

    __tablename__ = "work_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[WorkKind]
    status: Mapped[WorkStatus] = mapped_column(default=WorkStatus.OPEN)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("maintenance_plan.id"))
    plan: Mapped[MaintenancePlan | None] = relationship()
    due_on: Mapped[date]
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
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    assignee: Mapped[User | None] = relationship()
    instructions: Mapped[str] = mapped_column(Text, default="")
    #: The plan's checklist and rule as they were when the order was made.
    checklist: Mapped[list[Any]] = mapped_column(default=list)
    evidence_rule: Mapped[str] = mapped_column(String(40), default="attested")
    rule_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    needs_sign_off: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        UniqueConstraint("plan_id", "due_on"),
        Index("ix_work_order_status_due_on", "status", "due_on"),
        Index("ix_work_order_due_on", "due_on"),
        Index("ix_work_order_assignee_id_status", "assignee_id", "status"),
    )


class WorkOrderItem(Base):
    """One machine of an order over many."""

    __tablename__ = "work_order_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    order: Mapped[WorkOrder] = relationship()
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    asset: Mapped[Asset] = relationship()
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(120), default="")
    skipped: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (UniqueConstraint("order_id", "asset_id"),)


class WorkOrderEvent(Base):
    """One line of an order's timeline."""

    __tablename__ = "work_order_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), default="")
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_work_order_event_order_id_id", "order_id", "id"),)


class EvidenceBy(StrEnum):
    MACHINE = "machine"
    PERSON = "person"


class Evidence(Base):
    """What proves that the work was done: written once, kept with the order for ever."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    order: Mapped[WorkOrder] = relationship()
    item_id: Mapped[int | None] = mapped_column(
        ForeignKey("work_order_item.id", ondelete="CASCADE"), index=True
    )
    rule: Mapped[str] = mapped_column(String(40))
    kind: Mapped[EvidenceBy]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), default="")
    #: Whether it proves the work, or speaks against it.
    holds: Mapped[bool] = mapped_column(default=True)
    message: Mapped[dict[str, Any]]
    #: Answers of the checklist, or the machine's figures, as they were.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    verification_id: Mapped[int | None] = mapped_column(
        ForeignKey("verification.id", ondelete="SET NULL"), index=True
    )
    verification: Mapped[Verification | None] = relationship()

    __table_args__ = (Index("ix_evidence_order_id_id", "order_id", "id"),)


class SignOff(Base):
    """Somebody else looked and signed."""

    __tablename__ = "sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(
        ForeignKey("work_order.id", ondelete="CASCADE"), unique=True
    )
    order: Mapped[WorkOrder] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(500), default="")
