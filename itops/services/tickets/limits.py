"""Time limits of tickets: by when an answer and a solution are due, and how a pause moves them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itops.db import db
from itops.models import ServiceTime, Ticket, TicketTarget
from itops.models.ticket import NEVER, OPEN, TicketStatus
from itops.services.tickets.service_hours import AroundTheClock, Hours, ServiceHours


class Running(Protocol):
    """Something with a time limit: a ticket, or its line in a list."""

    @property
    def next_due_at(self) -> datetime: ...


@dataclass(frozen=True)
class Limits:
    """The time limits of every priority, and the hours in which they run."""

    targets: dict[int, TicketTarget]
    hours: ServiceHours

    def hours_of(self, priority: int) -> Hours:
        """Return the hours in which the limits of a priority run."""
        return AroundTheClock() if self.targets[priority].is_around_the_clock else self.hours

    def response_due(self, priority: int, opened_at: datetime) -> datetime:
        """Return by when somebody must have answered."""
        length = timedelta(minutes=self.targets[priority].response_minutes)
        return self.hours_of(priority).after(opened_at, length)

    def resolution_due(self, priority: int, opened_at: datetime, held_seconds: int) -> datetime:
        """Return by when it must work again, when it was on hold for so much service time."""
        length = timedelta(minutes=self.targets[priority].resolution_minutes, seconds=held_seconds)
        return self.hours_of(priority).after(opened_at, length)


def limits() -> Limits:
    """Return the limits as they are set now. Two queries."""
    targets = {row.priority: row for row in db.session.scalars(select(TicketTarget))}
    return Limits(targets, hours_from(db.session.scalars(select(ServiceTime)).one()))


def hours_from(row: ServiceTime) -> ServiceHours:
    """Return the service hours that a row states."""
    return ServiceHours(
        zone=ZoneInfo(row.zone),
        days=frozenset(row.days),
        spans=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in row.spans),
        days_off=frozenset(date.fromisoformat(on) for on in row.days_off),
    )


def settle(ticket: Ticket, given: Limits) -> None:
    """Write down when a ticket's targets are due, after its priority or status changed."""
    for name, due in dues(ticket, ticket.priority, given).items():
        setattr(ticket, name, due)


def dues(ticket: Ticket, priority: int, given: Limits) -> dict[str, datetime]:
    """Return the columns that say when a ticket's targets are due, had it this priority."""
    response = given.response_due(priority, ticket.opened_at)
    resolution = given.resolution_due(priority, ticket.opened_at, ticket.held_seconds)
    does_run = ticket.status in OPEN and ticket.status is not TicketStatus.ON_HOLD
    running = resolution if ticket.responded_at else response
    return {
        "response_due_at": response,
        "resolution_due_at": resolution,
        "next_due_at": running if does_run else NEVER,
    }


def seconds_left(thing: Running, at: datetime) -> float | None:
    """Return how much of the time limit that runs is left, below 0 when missed; None: none runs."""
    return None if thing.next_due_at >= NEVER else (thing.next_due_at - at).total_seconds()


def end_pause(ticket: Ticket, given: Limits, *, at: datetime) -> None:
    """Count the service time of a pause that ends now; the caller settles."""
    if ticket.paused_at is not None:
        held = given.hours_of(ticket.priority).between(ticket.paused_at, at)
        ticket.held_seconds += int(held.total_seconds())
