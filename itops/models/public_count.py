"""How often something was done that anybody may do: counted in rows, so for all processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from itops.db import Base


class PublicCount(Base):
    """One count of one window of time: "report 10.1.2.3" had 4 since 10:00."""

    __tablename__ = "public_count"

    what: Mapped[str] = mapped_column(String(90), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime] = mapped_column(index=True)
