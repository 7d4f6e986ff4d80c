"""What proves that work was done, and who else looked at it and signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.backup import Verification
from itops.models.work_order import ProvenBy, WorkOrder, WorkOrderItem


class Evidence(Base):
    """What proves that the work was done: written once, kept with the order for ever."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    order: Mapped[WorkOrder] = relationship()
    #: The machine that it is about; none: the whole order.
    item_id: Mapped[int | None] = mapped_column(
        ForeignKey("work_order_item.id", ondelete="CASCADE"), index=True
    )
    item: Mapped[WorkOrderItem | None] = relationship()
    rule: Mapped[str] = mapped_column(String(40))
    kind: Mapped[ProvenBy]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), default="")
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    #: Whether it proves the work, or speaks against it.
    holds: Mapped[bool] = mapped_column(default=True)
    message: Mapped[dict[str, Any]]
    #: Whether somebody found something out of order: a list reads all of these by their index.
    is_finding: Mapped[bool] = mapped_column(default=False)
    #: Answers of the checklist, or the machine's figures, as they were.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    verification_id: Mapped[int | None] = mapped_column(
        ForeignKey("verification.id", ondelete="SET NULL"), index=True
    )
    verification: Mapped[Verification | None] = relationship()

    __table_args__ = (
        Index("ix_evidence_order_id_id", "order_id", "id"),
        Index(
            "ix_evidence_finding",
            "order_id",
            sqlite_where=text("is_finding IS 1"),
            postgresql_where=text("is_finding IS true"),
        ),
    )


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
