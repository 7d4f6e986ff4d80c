"""Remote checks: what is looked at where and how often, the last verdict, and how it changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    update,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship
from sqlalchemy.orm.attributes import get_history

from itops.checks.base import State
from itops.db import Base
from itops.errors import Message
from itops.models.asset import Asset
from itops.models.credential import Credential
from itops.models.due import Due
from itops.models.health import Shown
from itops.models.module import SystemModule
from itops.models.place import Department, Site


class Check(Due, Base):
    """One thing that is looked at again and again, with its last verdict."""

    __tablename__ = "remote_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A name in the catalogue of checks.
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    #: Where it belongs: its asset's place, else its module's, else what was chosen. Kept in step.
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    department: Mapped[Department | None] = relationship()
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    asset: Mapped[Asset | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    #: Empty: the asset's own address.
    address: Mapped[str] = mapped_column(String(255), default="")
    #: Of SSH; other ways have their port among the parameters.
    port: Mapped[int] = mapped_column(default=22)
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"), index=True)
    credential: Mapped[Credential | None] = relationship()
    #: As the catalogue's grammar for this kind reads them.
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    interval_seconds: Mapped[int] = mapped_column(default=300)
    #: While a bad verdict is soft it is looked again so soon, and so many in a row make it hard.
    retry_seconds: Mapped[int] = mapped_column(default=60)
    hard_after: Mapped[int] = mapped_column(default=3)
    is_enabled: Mapped[bool] = mapped_column(default=True)

    #: When somebody asked for it "now"; done once `checked_at` is later.
    asked_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    took_seconds: Mapped[float | None]
    #: By how much it was begun after it was due.
    late_seconds: Mapped[float] = mapped_column(default=0.0)
    #: False once nobody answered; such machines wait for each other and for nobody else.
    is_answering: Mapped[bool] = mapped_column(default=True)

    #: The last verdict, soft or hard; unknown is shown once `stale_at` is past.
    state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    state_since_at: Mapped[datetime | None]
    is_hard: Mapped[bool] = mapped_column(default=True)
    #: The last verdict that was hard.
    hard_state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    #: How many bad verdicts there were in a row.
    streak: Mapped[int] = mapped_column(default=0)
    stale_at: Mapped[datetime | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)

    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120), default="")
    updated_at: Mapped[datetime]
    #: Grows with every change by a person; an edit made on an older version is a Conflict.
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    # Lists and counts read the standing of all checks from this index alone.
    __table_args__ = (
        Index(
            "ix_remote_check_standing",
            "is_enabled",
            "state",
            "stale_at",
            "name",
            "id",
            "site_id",
            "department_id",
        ),
    )

    def shown(self, at: datetime) -> Shown:
        """Return the state to show at a moment: a verdict that nobody renewed is not known."""
        if not self.is_enabled:
            return Shown(State.UNKNOWN, self.state_since_at, Message("check_state.switched_off"))
        if self.stale_at is None:
            return Shown(State.UNKNOWN, self.state_since_at, Message("check_state.never"))
        if self.stale_at <= at:
            return Shown(State.UNKNOWN, self.stale_at, Message("check_state.stale"))
        return Shown(self.state, self.state_since_at)


class CheckChange(Base):
    """A check went from one state to another."""

    __tablename__ = "check_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("remote_check.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    old: Mapped[State]
    new: Mapped[State]
    is_hard: Mapped[bool] = mapped_column(default=True)
    findings: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        UniqueConstraint("check_id", "at", "new", "is_hard"),
        Index("ix_check_change_at", "at", "check_id"),
    )


class CheckTranscript(Base):
    """The beginning of what the other side said last, for people who look for the reason."""

    __tablename__ = "check_transcript"

    check_id: Mapped[int] = mapped_column(
        ForeignKey("remote_check.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


@event.listens_for(Asset, "after_update")
@event.listens_for(SystemModule, "after_update")
def follow(_mapper: Mapper[Any], connection: Connection, moved: Asset | SystemModule) -> None:
    """Take the checks of a thing that moved along: who may see the one may see the other."""
    if not any(get_history(moved, part).has_changes() for part in ("site_id", "department_id")):
        return
    place = {"site_id": moved.site_id, "department_id": moved.department_id}
    if isinstance(moved, Asset):
        checks = Check.asset_id == moved.id
        connection.execute(update(Check).where(checks).values(place))
    else:
        checks = Check.module_id == moved.id
        connection.execute(update(Check).where(checks, Check.asset_id.is_(None)).values(place))
