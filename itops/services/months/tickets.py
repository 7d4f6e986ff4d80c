"""Tickets of a month by department: how many, answered and solved in time, and the ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, and_, case, extract, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from itops.db import db
from itops.models import Department, Ticket, TicketReport, TicketStatus
from itops.services.months.period import Look
from itops.services.months.shares import Share

Conditions = Mapping[str, ColumnElement[bool]]


@dataclass(frozen=True)
class TicketLine:
    """A department's tickets (None: all together); seconds are means."""

    department: Department | None
    opened: int
    response: Share
    response_seconds: float | None
    resolution: Share
    resolution_seconds: float | None
    still_open: int
    rated: int = 0
    rating: float | None = None
    is_nobodys: bool = False


def opened_in(look: Look) -> list[ColumnElement[bool]]:
    """Return what is true of the month's tickets; one merged into another is not counted."""
    return [
        Ticket.opened_at >= look.start,
        Ticket.opened_at < look.end,
        Ticket.status != TicketStatus.MERGED,
        look.within(Ticket),
    ]


def conditions(look: Look) -> Conditions:
    """Return what is true of the tickets behind each figure, besides being of the month.

    What is neither answered nor due yet counts for neither side; while a ticket is on hold its
    clock stands.
    """
    runs = Ticket.status != TicketStatus.ON_HOLD
    answered_late = or_(
        Ticket.responded_at > Ticket.response_due_at,
        and_(Ticket.responded_at.is_(None), Ticket.response_due_at < look.at, runs),
    )
    solved_late = or_(
        Ticket.resolved_at > Ticket.resolution_due_at,
        and_(Ticket.resolved_at.is_(None), Ticket.resolution_due_at < look.at, runs),
    )
    return MappingProxyType(
        {
            "tickets": Ticket.id.is_not(None),
            "answered_in_time": Ticket.responded_at <= Ticket.response_due_at,
            "answered_late": answered_late,
            "solved_in_time": Ticket.resolved_at <= Ticket.resolution_due_at,
            "solved_late": solved_late,
            "still_open": Ticket.is_open.is_(True),
        }
    )


def by_department(look: Look) -> tuple[TicketLine, list[TicketLine]]:
    """Return the line of all, and one a department, the busiest first. Three queries."""
    true = conditions(look)
    counted = [func.sum(case((true[name], 1), else_=0)) for name in true]
    rows = db.session.execute(
        select(
            Ticket.department_id,
            *counted,
            _seconds(Ticket.responded_at),
            func.count(Ticket.responded_at),
            _seconds(Ticket.resolved_at),
            func.count(Ticket.resolved_at),
        )
        .where(*opened_in(look))
        .group_by(Ticket.department_id)
    ).all()
    ratings = _ratings(look)
    departments: dict[int | None, Department] = {
        row.id: row
        for row in db.session.scalars(
            select(Department).where(Department.id.in_([row[0] for row in rows]))
        )
    }
    lines = [
        _line(departments.get(row[0]), list(row[1:]), ratings.get(row[0], (0, 0)), row[0] is None)
        for row in rows
    ]
    total = [sum(float(row[place] or 0) for row in rows) for place in range(1, 11)]
    rated = [sum(pair[place] for pair in ratings.values()) for place in (0, 1)]
    everything = _line(None, total, (rated[0], rated[1]), is_nobodys=False)
    return everything, sorted(lines, key=lambda line: (-line.opened, _place(line)))


def _line(
    department: Department | None,
    row: list[float],
    ratings: tuple[int, int],
    is_nobodys: bool,  # noqa: FBT001 - whether the tickets belong to no department
) -> TicketLine:
    opened, early, late, solved, solved_late, still_open = (int(one or 0) for one in row[:6])
    answer_seconds, answers, solve_seconds, solutions = row[6:]
    return TicketLine(
        department=department,
        opened=opened,
        response=Share(early, early + late),
        response_seconds=float(answer_seconds) / answers if answers else None,
        resolution=Share(solved, solved + solved_late),
        resolution_seconds=float(solve_seconds) / solutions if solutions else None,
        still_open=still_open,
        rated=ratings[0],
        rating=ratings[1] / ratings[0] if ratings[0] else None,
        is_nobodys=is_nobodys,
    )


def _seconds(until: InstrumentedAttribute[datetime | None]) -> ColumnElement[float]:
    """Return the sum of seconds from opening until a moment."""
    taken: ColumnElement[float] = func.sum(
        extract("epoch", until) - extract("epoch", Ticket.opened_at)
    )
    return taken


def _ratings(look: Look) -> dict[int | None, tuple[int, int]]:
    """Return by department how many ratings the month's tickets have, and their sum."""
    rows = db.session.execute(
        select(Ticket.department_id, func.count(), func.sum(TicketReport.rating))
        .join(Ticket, Ticket.id == TicketReport.ticket_id)
        .where(*opened_in(look), TicketReport.rating.is_not(None))
        .group_by(Ticket.department_id)
    )
    return {row[0]: (row[1], int(row[2] or 0)) for row in rows}


def _place(line: TicketLine) -> int:
    return line.department.id if line.department else 0
