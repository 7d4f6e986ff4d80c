"""A host's health: the state now, how it changed, the inventory, and what came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itops.checks.base import State
from itops.db import Base
from itops.errors import Message


@dataclass(frozen=True)
class Shown:
    """What people see of a host: the state, since when, and why where that is not the verdict."""

    state: State
    since: datetime | None
    #: "silent", "switched off", "never heard"; None: the verdict stands, its findings say why.
    reason: Message | None = None


class Verdict(NamedTuple):
    """All that decides over what people see of a host, of a row that need not be read whole."""

    state: State
    state_since_at: datetime | None
    stale_at: datetime | None
    last_seen_at: datetime | None
    farewell_at: datetime | None
    farewell_reason: str

    def shown(self, at: datetime) -> Shown:
        """Return the state to show at a moment: a verdict that nobody renewed is not known."""
        if self.last_seen_at is None:
            return Shown(State.UNKNOWN, None, Message("host_state.never_heard"))
        if self.farewell_at is not None:
            reason = Message(f"host_state.{self.farewell_reason or 'shutdown'}")
            return Shown(State.UNKNOWN, self.farewell_at, reason)
        if self.stale_at is None:
            return Shown(State.UNKNOWN, self.last_seen_at, Message("host_state.no_health_yet"))
        if self.stale_at <= at:
            return Shown(State.UNKNOWN, self.last_seen_at, Message("host_state.silent"))
        return Shown(self.state, self.state_since_at)


class HostState(Base):
    """The last verdict on a host. The shown state is unknown once `stale_at` is past."""

    __tablename__ = "host_state"

    host_id: Mapped[int] = mapped_column(
        ForeignKey("host.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Our receipt of the newest message, by our clock.
    last_seen_at: Mapped[datetime | None]
    #: When the newest health was taken, by the agent's clock corrected by its skew.
    taken_at: Mapped[datetime | None]
    stale_at: Mapped[datetime | None]
    state: Mapped[State] = mapped_column(default=State.UNKNOWN)
    state_since_at: Mapped[datetime | None]
    farewell_at: Mapped[datetime | None]
    farewell_reason: Mapped[str] = mapped_column(String(20), default="")

    #: Message keys with parameters, worst first; what can't be seen stands among them.
    findings: Mapped[list[Any]] = mapped_column(default=list)
    #: How often in a row each limit was passed, for limits that need several (soft, then hard).
    streaks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The newest health report as it came (JSON).
    latest: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The newest list of services (JSON); reports leave it out while it is the same.
    services: Mapped[bytes | None] = mapped_column(LargeBinary)

    # The sweep looks for what went stale, and the board reads the state of all hosts, from this
    # index alone: rows hold whole reports and are long.
    __table_args__ = (Index("ix_host_state_stale_at", "stale_at", "farewell_at", "state"),)

    def shown(self, at: datetime) -> Shown:
        """Return the state to show at a moment."""
        return Verdict(*(getattr(self, name) for name in Verdict._fields)).shown(at)


#: What a list selects to make a Verdict of each of its rows.
VERDICT = tuple(getattr(HostState, name) for name in Verdict._fields)


class HostSpool(Base):
    """How far we have taken a host's reports: everything to `high_water` but the gaps."""

    __tablename__ = "host_spool"

    host_id: Mapped[int] = mapped_column(
        ForeignKey("host.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    spool: Mapped[str] = mapped_column(String(32), primary_key=True)
    high_water: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Pairs [first, last] of numbers under the high-water mark that have not come.
    gaps: Mapped[list[Any]] = mapped_column(default=list)


class StateChange(Base):
    """A host went from one state to another."""

    __tablename__ = "state_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("host.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    old: Mapped[State]
    new: Mapped[State]
    findings: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        # The report that ends a silence and the duty that finds it tell of it once.
        UniqueConstraint("host_id", "at", "new"),
        # The board sums up a day's changes of all hosts from this index alone.
        Index("ix_state_change_at", "at", "host_id", "old", "new"),
    )


class Inventory(Base):
    """The newest inventory of a host: one document as documented in docs/agent-report.md."""

    __tablename__ = "inventory"

    host_id: Mapped[int] = mapped_column(
        ForeignKey("host.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]
    document: Mapped[dict[str, Any]]


class InventoryChange(Base):
    """Something about a machine changed between two inventories ("RAM 8 → 16 GB")."""

    __tablename__ = "inventory_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("host.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_inventory_change_host_id_at", "host_id", "at"),)
