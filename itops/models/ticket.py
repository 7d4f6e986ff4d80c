"""Tickets: what somebody reported, who works on it, by when, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship

from itops.db import Base
from itops.errors import Message, Refused
from itops.models.alert import Alert
from itops.models.asset import Asset
from itops.models.evidence import Evidence
from itops.models.module import SystemModule
from itops.models.place import Department, Location, Site
from itops.models.ticket_event import TicketEvent
from itops.models.user import User
from itops.models.work_order import WorkOrder, WorkStatus

#: The next target of a ticket that has none: so far away that it stands last in every queue.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class TicketKind(StrEnum):
    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class TicketSource(StrEnum):
    """How it came in."""

    LABEL = "label"
    FORM = "form"
    DESK = "desk"
    ALERT = "alert"
    ORDER = "order"


class What(StrEnum):
    """What does not work, in the words of a ward."""

    COMPUTER = "computer"
    SLOW = "slow"
    PRINTER = "printer"
    SCANNER = "scanner"
    NETWORK = "network"
    SIGN_IN = "sign_in"
    SOFTWARE = "software"
    OTHER = "other"


class TicketStatus(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    #: The same as another, which goes on.
    MERGED = "merged"


#: Where a ticket may go from each status. What is not listed is refused; merging is another way.
MOVES = {
    TicketStatus.NEW: {
        TicketStatus.IN_PROGRESS,
        TicketStatus.ON_HOLD,
        TicketStatus.RESOLVED,
    },
    TicketStatus.IN_PROGRESS: {TicketStatus.ON_HOLD, TicketStatus.RESOLVED},
    TicketStatus.ON_HOLD: {TicketStatus.IN_PROGRESS, TicketStatus.RESOLVED},
    TicketStatus.RESOLVED: {TicketStatus.IN_PROGRESS, TicketStatus.CLOSED},
    TicketStatus.CLOSED: set[TicketStatus](),
    TicketStatus.MERGED: set[TicketStatus](),
}
#: In these somebody still has to do something.
OPEN = {TicketStatus.NEW, TicketStatus.IN_PROGRESS, TicketStatus.ON_HOLD}


class Impact(StrEnum):
    """How many it hits; the widest first."""

    HOSPITAL = "hospital"
    DEPARTMENT = "department"
    SEVERAL = "several"
    ONE = "one"


class Urgency(StrEnum):
    """How long it can wait; the shortest first."""

    NOW = "now"
    TODAY = "today"
    DAYS = "days"


class Ticket(Base):
    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TicketKind] = mapped_column(default=TicketKind.INCIDENT)
    status: Mapped[TicketStatus] = mapped_column(default=TicketStatus.NEW)
    #: Whether the status is one of OPEN: queues are read from an index that begins with it.
    is_open: Mapped[bool] = mapped_column(default=True)
    what: Mapped[What] = mapped_column(default=What.OTHER)
    #: Somebody's words for it; empty: what it is about says enough.
    title: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[TicketSource] = mapped_column(default=TicketSource.DESK)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship()
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    department: Mapped[Department | None] = relationship()
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    location: Mapped[Location | None] = relationship()
    #: The place in the reporter's own words, where no device and no room is known.
    place: Mapped[str] = mapped_column(String(120), default="")
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    asset: Mapped[Asset | None] = relationship()
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"), index=True)
    module: Mapped[SystemModule | None] = relationship()
    #: An episode opens one ticket at most.
    alert_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert.id", ondelete="SET NULL"), unique=True
    )
    alert: Mapped[Alert | None] = relationship()
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("work_order.id", ondelete="SET NULL"), index=True
    )
    order: Mapped[WorkOrder | None] = relationship()
    #: What somebody found out of order while they worked opens one ticket at most.
    finding_id: Mapped[int | None] = mapped_column(
        ForeignKey("evidence.id", ondelete="SET NULL"), unique=True
    )
    finding: Mapped[Evidence | None] = relationship()
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    impact: Mapped[Impact] = mapped_column(default=Impact.ONE)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.TODAY)
    #: 1 (highest) to 4, by the table of impact × urgency.
    priority: Mapped[int]
    #: How many people reported it: the first, and all who said "me too".
    people: Mapped[int] = mapped_column(default=1)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    assignee: Mapped[User | None] = relationship()
    opened_by: Mapped[str] = mapped_column(String(120), default="")
    opened_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    response_due_at: Mapped[datetime | None]
    resolution_due_at: Mapped[datetime | None]
    #: The target that runs now: the answer, then the solution; NEVER while none runs.
    next_due_at: Mapped[datetime] = mapped_column(default=NEVER)
    #: While on hold: since when. What came of it before, in seconds of service time.
    paused_at: Mapped[datetime | None]
    held_seconds: Mapped[int] = mapped_column(default=0)
    #: A known fault, told to all whom it may concern: since when, until when, what to do meanwhile.
    announced_at: Mapped[datetime | None]
    announcement: Mapped[str] = mapped_column(String(200), default="")
    meanwhile: Mapped[str] = mapped_column(Text, default="")
    expected_at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(Text, default="")
    resolution: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(default=False)
    events: WriteOnlyMapped[TicketEvent] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by SQLAlchemy
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority_known"),
        CheckConstraint("people >= 0", name="people_counted"),
        # The queue: the worst priority first, in it the next target; narrowed by one of these.
        Index("ix_ticket_queue", "is_open", "priority", "next_due_at", "id"),
        Index("ix_ticket_site_queue", "site_id", "is_open", "priority", "next_due_at", "id"),
        Index("ix_ticket_department_queue", "department_id", "is_open", "priority", "next_due_at"),
        Index("ix_ticket_assignee_queue", "assignee_id", "is_open", "priority", "next_due_at"),
        # What is over: the newest first.
        Index("ix_ticket_status_id", "status", "id"),
        Index("ix_ticket_site_status_id", "site_id", "status", "id"),
        Index("ix_ticket_asset_id_id", "asset_id", "id"),
        Index("ix_ticket_opened_at", "opened_at"),
        Index("ix_ticket_announced_at", "announced_at"),
    )

    @property
    def name(self) -> str:
        """What logs call it: its number, and the words for it where somebody wrote some."""
        return f"#{self.id} {self.title}".strip()

    @property
    def live_order(self) -> WorkOrder | None:
        """Its work order; none if that was cancelled, so that it can have another."""
        return None if self.order and self.order.status is WorkStatus.CANCELLED else self.order

    def note(
        self,
        key: str,
        *,
        by: str,
        at: datetime,
        text: str = "",
        is_public: bool = False,
        report_id: int | None = None,
        **params: Any,
    ) -> None:
        """Put what happened on the timeline: a message key, what its sentence needs, and words."""
        self.events.add(
            TicketEvent(
                key=key,
                by=by,
                at=at,
                text=text,
                is_public=is_public,
                report_id=report_id,
                params=params,
            )
        )

    def move_to(self, status: TicketStatus, *, by: str, at: datetime, text: str = "") -> None:
        """Go to another status and put it on the timeline. Raise Refused if it may not."""
        old, new = (Message(f"ticket.status.{one}") for one in (self.status, status))
        if status not in MOVES[self.status]:
            raise Refused("ticket.move_refused", old=old, new=new)
        self.note(
            f"ticket.event.{status}", by=by, at=at, text=text, is_public=True, old=old.as_json()
        )
        self.enter(status, at=at)

    def enter(self, status: TicketStatus, *, at: datetime) -> None:
        """Be in a status, with the moments that belong to it."""
        self.status, self.is_open = status, status in OPEN
        self.paused_at = at if status is TicketStatus.ON_HOLD else None
        if status is not TicketStatus.NEW and self.responded_at is None:
            self.responded_at = at
        if status is TicketStatus.RESOLVED:
            self.resolved_at = at
        elif status is TicketStatus.IN_PROGRESS:
            self.resolved_at = None
        if status in {TicketStatus.CLOSED, TicketStatus.MERGED}:
            self.closed_at = at


class TicketEvidence(Base):
    """What was known of the device when the ticket was opened: health, alerts, orders."""

    __tablename__ = "ticket_evidence"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True
    )
    taken_at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TicketTarget(Base):
    """A row of the table of time limits: within what a priority is answered and solved."""

    __tablename__ = "ticket_target"

    priority: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    response_minutes: Mapped[int]
    resolution_minutes: Mapped[int]
    #: Else only the service hours count.
    is_around_the_clock: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("response_minutes > 0", name="response_positive"),
        CheckConstraint("resolution_minutes >= response_minutes", name="resolution_later"),
    )


class ServiceTime(Base):
    """When somebody works, in the hospital's zone: the one row by which time limits run."""

    __tablename__ = "service_time"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: 0 is Monday.
    days: Mapped[list[Any]]
    #: Pairs of "08:00" and "12:00".
    spans: Mapped[list[Any]]
    #: ISO dates: holidays.
    days_off: Mapped[list[Any]] = mapped_column(default=list)
    zone: Mapped[str] = mapped_column(String(60))
