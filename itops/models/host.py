"""A host: an enrolled machine, how it is known, the code it came by, and what it stands for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message, Refused
from itops.models.asset import Asset
from itops.models.place import Site


class Enrolment(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REVOKED = "revoked"


#: Where an enrolment may go from each step. A revoked key stays dead: the machine enrols anew.
MOVES = {
    Enrolment.PENDING: {Enrolment.APPROVED, Enrolment.REVOKED},
    Enrolment.APPROVED: {Enrolment.REVOKED},
    Enrolment.REVOKED: set[Enrolment](),
}


class EnrolmentCode(Base):
    """A code with which machines enrol: once, or a roll-out's number of times, until an end."""

    __tablename__ = "enrolment_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    #: The first characters, so that people can tell codes apart.
    hint: Mapped[str] = mapped_column(String(8))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    uses_left: Mapped[int] = mapped_column(default=1)
    uses: Mapped[int] = mapped_column(default=0)
    subnets: Mapped[list[Any]] = mapped_column(default=list)
    approves: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Host(Base):
    __tablename__ = "host"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    system: Mapped[str] = mapped_column(String(40), default="")
    #: SHA-256 of the host's key; 256 random bits need no slow hash.
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: Fingerprint of the machine's identifiers, as sent with every report.
    machine: Mapped[str] = mapped_column(String(64), index=True)
    enrolment: Mapped[Enrolment] = mapped_column(default=Enrolment.PENDING)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    asset: Mapped[Asset | None] = relationship()
    code_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment_code.id"), index=True)
    agent_version: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    enrolled_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None]
    #: Set when its key or its reports were seen from two machines; it is heard but not believed.
    quarantined_at: Mapped[datetime | None]
    quarantine: Mapped[dict[str, Any] | None]
    #: The later identity of the same machine; its pages show this one's history too.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("host.id"), index=True)
    merged_into: Mapped[Host | None] = relationship(remote_side="Host.id")
    merged_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    identifiers: Mapped[list[HostIdentifier]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        # An asset has one live host at most, also when two approvals race.
        Index(
            "uq_host_live_asset",
            "asset_id",
            unique=True,
            sqlite_where=text("enrolment != 'revoked' AND merged_into_id IS NULL"),
            postgresql_where=text("enrolment != 'revoked' AND merged_into_id IS NULL"),
        ),
        Index("ix_host_enrolment_name", "enrolment", "name", "id"),
        Index("ix_host_name_id", "name", "id"),
        Index(
            "ix_host_quarantined",
            "id",
            sqlite_where=text("quarantined_at IS NOT NULL"),
            postgresql_where=text("quarantined_at IS NOT NULL"),
        ),
    )

    def move_to(self, enrolment: Enrolment, *, at: datetime) -> None:
        """Move on to `enrolment`, and note when. Raise Refused if it may not."""
        if enrolment not in MOVES[self.enrolment]:
            raise Refused(
                "enrolment.move_refused",
                name=self.name,
                old=Message(f"enrolment.{self.enrolment}"),
                new=Message(f"enrolment.{enrolment}"),
            )
        self.enrolment = enrolment
        if enrolment is Enrolment.APPROVED:
            self.approved_at = at
        else:
            self.revoked_at = at


class HostIdentifier(Base):
    """One of the marks by which a machine is known: machine id, board serial, MAC and others."""

    __tablename__ = "host_identifier"

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("host.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(255))

    __table_args__ = (Index("ix_host_identifier_kind_value", "kind", "value"),)
