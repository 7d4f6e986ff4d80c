"""Work orders: a plan's occurrence or a repair, its items, the evidence, and the sign-off."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message, Refused
from itops.models.asset import Asset
from itops.models.module import SystemModule
from itops.models.place import Department, Location, Site
from itops.models.plan import Checklist, MaintenancePlan
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


#: Where an order may go from each status. What is not listed is refused. Whoever is to sign may
#: send it back; what was done and signed, or cancelled, stays so.
MOVES = {
    WorkStatus.OPEN: {
        WorkStatus.IN_PROGRESS,
        WorkStatus.WAITING,
        WorkStatus.TO_SIGN,
        WorkStatus.DONE,
        WorkStatus.CANCELLED,
    },
    WorkStatus.IN_PROGRESS: {
        WorkStatus.OPEN,
        WorkStatus.WAITING,
        WorkStatus.TO_SIGN,
        WorkStatus.DONE,
        WorkStatus.CANCELLED,
    },
    WorkStatus.WAITING: {
        WorkStatus.IN_PROGRESS,
        WorkStatus.TO_SIGN,
        WorkStatus.DONE,
        WorkStatus.CANCELLED,
    },
    WorkStatus.TO_SIGN: {WorkStatus.IN_PROGRESS, WorkStatus.DONE},
    WorkStatus.DONE: set[WorkStatus](),
    WorkStatus.CANCELLED: set[WorkStatus](),
}
#: What is still to be done.
LIVE = (WorkStatus.OPEN, WorkStatus.IN_PROGRESS, WorkStatus.WAITING)
#: A person moves an order here by hand; the rest follows from evidence and signatures.
BY_HAND = {WorkStatus.OPEN, WorkStatus.IN_PROGRESS, WorkStatus.WAITING, WorkStatus.CANCELLED}
#: These moves need a word on why.
WITH_REASON = {WorkStatus.WAITING, WorkStatus.CANCELLED}


class ProvenBy(StrEnum):
    MACHINE = "machine"
    PERSON = "person"


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
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
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
    #: Done so many days late at most, it was done on time: a tenth of the plan's interval.
    grace_days: Mapped[int] = mapped_column(default=0)
    #: Why it waits or was cancelled: words of a person, or a message of ours.
    reason: Mapped[dict[str, Any] | None]
    #: The plan's checklist and rule as they were when the order was made.
    checklist_id: Mapped[int | None] = mapped_column(ForeignKey("checklist.id"), index=True)
    checklist: Mapped[Checklist | None] = relationship()
    evidence_rule: Mapped[str] = mapped_column(String(40), default="attested")
    rule_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    needs_sign_off: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    #: The same day in the hospital.
    done_on: Mapped[date | None]
    done_by: Mapped[str] = mapped_column(String(120), default="")
    #: What closed it: all by machine, or a person's word for some of it.
    proof: Mapped[ProvenBy | None]
    #: A person says done, the machine says otherwise: somebody has to look.
    is_disputed: Mapped[bool] = mapped_column(default=False)
    #: Drawn with the form: three impatient clicks are one order.
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy

    @property
    def number(self) -> str:
        """What people call it: WO-1203."""
        return f"WO-{self.id}"

    def move_to(self, status: WorkStatus) -> None:
        """Move on to `status`. Raise Refused if it may not."""
        if status not in MOVES[self.status]:
            raise Refused(
                "order.move_refused",
                number=self.number,
                old=Message(f"order.status.{self.status}"),
                new=Message(f"order.status.{status}"),
            )
        self.status = status

    __table_args__ = (
        UniqueConstraint("plan_id", "due_on"),
        Index("ix_work_order_status_due_on", "status", "due_on"),
        Index("ix_work_order_due_on", "due_on"),
        # Who is asked for in a list of orders at a site, and of those that were disputed.
        Index("ix_work_order_site_id_due_on", "site_id", "due_on"),
        Index("ix_work_order_is_disputed_due_on", "is_disputed", "due_on"),
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
    proof: Mapped[ProvenBy | None]
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
