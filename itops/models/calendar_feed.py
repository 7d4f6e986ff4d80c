"""Addresses from which a person's calendar program reads their work orders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.user import User


class CalendarFeed(Base):
    """A secret address of one person; whoever has it reads what that person may see."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    #: For what, in the person's words: "phone".
    name: Mapped[str] = mapped_column(String(80), default="")
    #: Only what the person is to do, or all that they may see.
    is_only_mine: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_read_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
