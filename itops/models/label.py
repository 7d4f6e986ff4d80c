"""Labels: the random code on a thing's sticker, which opens its report form."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.asset import Asset


class AssetLabel(Base):
    __tablename__ = "asset_label"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Printed in the open, so not a secret, but not to be guessed either.
    code: Mapped[str] = mapped_column(String(24), unique=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    asset: Mapped[Asset] = relationship()
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(120), default="")
