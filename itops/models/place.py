"""Where things are: the tree of sites, their departments, and buildings, floors and rooms."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base


class SiteKind(StrEnum):
    COUNTY_HOSPITAL = "county_hospital"
    CAMPUS = "campus"
    TOWNSHIP_CENTRE = "township_centre"
    VILLAGE_CLINIC = "village_clinic"


class LocationKind(StrEnum):
    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"


#: What a location of each kind may stand in; None is the site itself.
STANDS_IN: dict[LocationKind, set[LocationKind | None]] = {
    LocationKind.BUILDING: {None},
    LocationKind.FLOOR: {LocationKind.BUILDING},
    LocationKind.ROOM: {LocationKind.FLOOR, LocationKind.BUILDING, None},
}


class Site(Base):
    """A node of the organisation tree: county hospital › township centre › village clinic."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    parent: Mapped[Site | None] = relationship(remote_side="Site.id")
    kind: Mapped[SiteKind]
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("parent_id", "name"),)


class Department(Base):
    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship()
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("site_id", "name"),)


class Location(Base):
    """A building, floor or room of a site. `position` orders floors from the ground up."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship()
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    parent: Mapped[Location | None] = relationship(remote_side="Location.id")
    kind: Mapped[LocationKind]
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(default=0)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("site_id", "parent_id", "name"),)
