"""Access reviews: who had what at a moment, what was decided of each, and who signed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.user import Role


class Kept(StrEnum):
    """What was decided of one line."""

    OPEN = "open"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class AccessReview(Base):
    """A review of all roles; once signed it is a record that nothing changes."""

    __tablename__ = "access_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(120))
    signed_at: Mapped[datetime | None] = mapped_column(index=True)
    signed_by: Mapped[str] = mapped_column(String(120), default="")
    lines: Mapped[list[AccessReviewLine]] = relationship(
        back_populates="review", order_by="AccessReviewLine.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("signed_at IS NULL OR signed_by <> ''", name="signed_by_somebody"),
    )


class AccessReviewLine(Base):
    """One role of one person, in the words of that day: accounts and places change, this stays."""

    __tablename__ = "access_review_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(
        ForeignKey("access_review.id", ondelete="CASCADE"), index=True
    )
    review: Mapped[AccessReview] = relationship(back_populates="lines")
    #: The grant, as long as it is there.
    grant_id: Mapped[int | None] = mapped_column(
        ForeignKey("role_grant.id", ondelete="SET NULL"), index=True
    )
    login: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    is_shut: Mapped[bool]
    role: Mapped[Role]
    #: Site, department, asset or module by name; nothing: everywhere.
    place: Mapped[dict[str, Any]]
    since_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    is_dormant: Mapped[bool]
    decision: Mapped[Kept] = mapped_column(default=Kept.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    #: It was the reviewer's own, and nobody else could judge it.
    by_themselves: Mapped[bool] = mapped_column(default=False)
