"""Passwords that a person had, so that an old one is not taken again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itops.db import Base


class FormerPassword(Base):
    """The hash of a password that was replaced. Only kept where passwords have to change."""

    __tablename__ = "former_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    password_hash: Mapped[str] = mapped_column(String(200))
    replaced_at: Mapped[datetime]

    __table_args__ = (Index("ix_former_password_user_id_id", "user_id", "id"),)
