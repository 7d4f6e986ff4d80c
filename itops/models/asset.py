"""An asset: one piece of hospital IT equipment that we look after, and what happened to it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message, Refused
from itops.models.place import Department, Location, Site


class Lifecycle(StrEnum):
    PLANNED = "planned"
    ORDERED = "ordered"
    IN_STOCK = "in_stock"
    IN_SERVICE = "in_service"
    IN_REPAIR = "in_repair"
    RETIRED = "retired"
    DISPOSED = "disposed"


#: Where an asset may go from each step of its life. What is not listed is refused.
MOVES = {
    Lifecycle.PLANNED: {Lifecycle.ORDERED, Lifecycle.IN_STOCK, Lifecycle.IN_SERVICE},
    Lifecycle.ORDERED: {Lifecycle.PLANNED, Lifecycle.IN_STOCK, Lifecycle.IN_SERVICE},
    Lifecycle.IN_STOCK: {Lifecycle.IN_SERVICE, Lifecycle.IN_REPAIR, Lifecycle.RETIRED},
    Lifecycle.IN_SERVICE: {Lifecycle.IN_STOCK, Lifecycle.IN_REPAIR, Lifecycle.RETIRED},
    Lifecycle.IN_REPAIR: {Lifecycle.IN_STOCK, Lifecycle.IN_SERVICE, Lifecycle.RETIRED},
    Lifecycle.RETIRED: {Lifecycle.IN_STOCK, Lifecycle.IN_SERVICE, Lifecycle.DISPOSED},
    Lifecycle.DISPOSED: set[Lifecycle](),
}


class Criticality(StrEnum):
    """How much care depends on it."""

    LIFE = "life"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class AssetType(Base):
    """A row of the code table of types: workstation, server, UPS and others."""

    __tablename__ = "asset_type"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int] = mapped_column(default=0)
    #: Whether its silence is trouble at any hour (servers), or only in office hours.
    is_always_on: Mapped[bool] = mapped_column(default=False)


class Asset(Base):
    __tablename__ = "asset"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), unique=True)
    type_key: Mapped[str] = mapped_column(ForeignKey("asset_type.key"))
    type: Mapped[AssetType] = relationship()
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    lifecycle: Mapped[Lifecycle] = mapped_column(default=Lifecycle.IN_SERVICE)
    criticality: Mapped[Criticality] = mapped_column(default=Criticality.NORMAL)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    department: Mapped[Department | None] = relationship()
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    location: Mapped[Location | None] = relationship()
    custodian: Mapped[str] = mapped_column(String(80), default="")
    vendor: Mapped[str] = mapped_column(String(120), default="")
    model: Mapped[str] = mapped_column(String(120), default="")
    serial: Mapped[str] = mapped_column(String(120), default="", index=True)
    ip_address: Mapped[str] = mapped_column(String(45), default="", index=True)
    mac_address: Mapped[str] = mapped_column(String(17), default="", index=True)
    purchased_on: Mapped[date | None]
    warranty_until_on: Mapped[date | None]
    price_fen: Mapped[int | None]
    notes: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    #: Grows with every change; an edit made on an older version is a Conflict.
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)
    events: WriteOnlyMapped[AssetEvent] = relationship(
        back_populates="asset", cascade="all, delete-orphan", passive_deletes=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        CheckConstraint("price_fen >= 0", name="price_not_negative"),
        # Lists are read in the order of the tag, narrowed by one of these.
        Index("ix_asset_site_id_tag", "site_id", "tag"),
        Index("ix_asset_department_id_tag", "department_id", "tag"),
        Index("ix_asset_type_key_tag", "type_key", "tag"),
        Index("ix_asset_lifecycle_tag", "lifecycle", "tag"),
        # Boards and lists of hosts read the assets of them all from this index alone: rows are
        # long, and 5,000 of them lie on as many pages.
        Index("ix_asset_of_host", "id", "type_key", "location_id", "tag"),
    )

    def note(self, key: str, *, by: str, at: datetime, **params: Any) -> None:
        """Put what happened on the timeline: a message key and what its sentence needs."""
        self.events.add(AssetEvent(key=key, by=by, at=at, params=params))
        self.updated_at = at

    def move_to(self, lifecycle: Lifecycle, *, by: str, at: datetime) -> None:
        """Go to another life-cycle step and put it on the timeline. Raise Refused if it may not."""
        words = {
            "old": Message(f"lifecycle.{self.lifecycle}"),
            "new": Message(f"lifecycle.{lifecycle}"),
        }
        if lifecycle not in MOVES[self.lifecycle]:
            raise Refused("asset.move_refused", **words)
        self.note("asset.event.moved", by=by, at=at, **{k: v.as_json() for k, v in words.items()})
        self.lifecycle = lifecycle


class AssetEvent(Base):
    """One line of an asset's timeline. It is written once and never changed."""

    __tablename__ = "asset_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    asset: Mapped[Asset] = relationship(back_populates="events")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_asset_event_asset_id_id", "asset_id", "id"),)
