"""Tokens with which programs read what a person may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.user import User


class ApiToken(Base):
    """A token acts as its person, in its scope only. Only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    #: What its owner calls it: "Grafana in the server room".
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    #: The first characters, so that people can tell tokens apart.
    hint: Mapped[str] = mapped_column(String(12))
    #: Keys of permissions; what the person lacks by now is not held, whatever stands here.
    scope: Mapped[list[Any]]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(120), default="")
    last_used_at: Mapped[datetime | None]
    last_address: Mapped[str] = mapped_column(String(45), default="")
