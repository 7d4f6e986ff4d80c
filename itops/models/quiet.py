"""What keeps alerts quiet for a time: planned stops and silences."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.models.asset import Asset, AssetType
from itops.models.module import SystemModule
from itops.models.place import Site


class QuietKind(StrEnum):
    #: Announced: something will be stopped, and that is no trouble.
    WINDOW = "window"
    #: Somebody knows of the trouble and does not want to hear of it for a while.
    SILENCE = "silence"


class Quiet(Base):
    """A planned stop or a silence: alerts are not opened meanwhile; measuring goes on."""

    __tablename__ = "quiet"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[QuietKind]
    reason: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    #: What it covers: a site and all below it (none: everywhere), narrowed by whatever follows.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    asset: Mapped[Asset | None] = relationship()
    type_key: Mapped[str | None] = mapped_column(ForeignKey("asset_type.key"), index=True)
    type: Mapped[AssetType | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(
        ForeignKey("module.id", ondelete="CASCADE"), index=True
    )
    module: Mapped[SystemModule | None] = relationship()
    #: One subject ("host:12") and maybe one of its rules; for silences that begin at an alert.
    subject: Mapped[str] = mapped_column(String(60), default="")
    rule: Mapped[str] = mapped_column(String(120), default="")
    #: What that subject is called. The reason has one language, its writer's: it is no name.
    subject_name: Mapped[str] = mapped_column(String(255), default="")
    subject_name_en: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    ended_by: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("ends_at >= starts_at", name="ends_after_start"),)


class Vigil(Base):
    """One row: when hosts were last looked after, and since when without a break.

    Whoever was away himself can't say that the others were silent.
    """

    __tablename__ = "vigil"

    id: Mapped[int] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime]
    since_at: Mapped[datetime]
