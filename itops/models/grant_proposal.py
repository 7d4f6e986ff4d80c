"""Roles that the system administrator proposes where three administrators are kept apart."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.user import Role, RoleGrant, User


class Outcome(StrEnum):
    """What became of a proposal; one that nobody decides in time has lapsed while it waits."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class GrantProposal(Base):
    """A role for a person, in one place or for one thing: it holds once somebody else approves."""

    __tablename__ = "grant_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship(foreign_keys=user_id)
    role: Mapped[Role]
    site_id: Mapped[int | None] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), index=True
    )
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), index=True
    )
    ends_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    proposed_by: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.WAITING, index=True)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        CheckConstraint(
            "outcome NOT IN ('approved', 'refused') OR decided_by <> ''", name="decided_by_somebody"
        ),
    )

    def as_grant(self) -> RoleGrant:
        """Return the grant that it becomes, of nobody yet."""
        return RoleGrant(
            role=self.role,
            site_id=self.site_id,
            department_id=self.department_id,
            asset_id=self.asset_id,
            module_id=self.module_id,
            ends_at=self.ends_at,
        )
