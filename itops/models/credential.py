"""What checks sign in with, and the keys by which machines are known."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message, Refused
from itops.models.place import Site


class CredentialKind(StrEnum):
    SSH_KEY = "ssh_key"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    SNMP_COMMUNITY = "snmp_community"
    SNMP_USER = "snmp_user"


class Credential(Base):
    """What a check signs in with. The secret is sealed, and never shown again."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[CredentialKind]
    user_name: Mapped[str] = mapped_column(String(80), default="")
    #: What is no secret: the methods of an SNMP user, whether a key runs one script only.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: As services/secrets/sealing.py writes it, under the master key with the id `sealed_by`.
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    sealed_by: Mapped[str] = mapped_column(String(16), default="", index=True)
    #: The public half of a key, for copying to machines.
    public_text: Mapped[str] = mapped_column(String(1000), default="")
    #: Where it may be used; None: everywhere.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    #: When the secret itself was last set.
    changed_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy


class HostKeyState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    #: Another key was approved in its place.
    REPLACED = "replaced"
    REJECTED = "rejected"


#: Where a key may go from each state. What is not listed is refused.
MOVES = {
    HostKeyState.PENDING: {HostKeyState.APPROVED, HostKeyState.REJECTED},
    HostKeyState.APPROVED: {HostKeyState.REPLACED, HostKeyState.REJECTED},
    HostKeyState.REPLACED: {HostKeyState.APPROVED},
    HostKeyState.REJECTED: {HostKeyState.APPROVED},
}


class HostKey(Base):
    """The key with which a machine proves itself over SSH, captured before we tell it anything."""

    __tablename__ = "host_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(default=22)
    algorithm: Mapped[str] = mapped_column(String(40))
    public_key: Mapped[str] = mapped_column(String(2000))
    #: "SHA256:…" as ssh-keygen -lf prints it.
    fingerprint: Mapped[str] = mapped_column(String(80))
    state: Mapped[HostKeyState] = mapped_column(default=HostKeyState.PENDING, index=True)
    #: Whose check met it; who may decide follows from this.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("address", "port", "fingerprint"),
        # A machine is known by one key at a time, also when two approvals race.
        Index(
            "uq_host_key_approved",
            "address",
            "port",
            unique=True,
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
    )

    @property
    def name(self) -> str:
        """What it is called in the audit log."""
        return f"{self.address}:{self.port} {self.fingerprint}"

    def move_to(self, state: HostKeyState, *, by: str, at: datetime) -> None:
        """Decide about the key. Raise Refused if it may not go there."""
        if state not in MOVES[self.state]:
            raise Refused(
                "host_key.move_refused",
                old=Message(f"host_key.{self.state}"),
                new=Message(f"host_key.{state}"),
            )
        self.state, self.decided_at, self.decided_by = state, at, by
