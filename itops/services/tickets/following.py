"""What a reporter sees and does with the code of their report: follow, add, rate, say "not yet"."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Ticket, TicketEvent, TicketReport, TicketStatus
from itops.services.patient_screen import screen
from itops.services.secrets.secrecy import secret_hash
from itops.services.secrets.typed_codes import typed_code
from itops.services.tickets import working
from itops.services.tickets.given import Given, given_with

#: After it was solved a reporter says for so long that it was not; then a new report is due.
REOPENED_FOR = timedelta(days=7)
#: A reporter adds so many lines at most; who has more to say rings up.
MOST_LINES = 20
LINE, ANNOUNCED = "ticket.event.reporter_line", "ticket.event.announced"


@dataclass(frozen=True)
class Followed:
    """A report with its ticket, the lines that its reporter may read, and what was theirs."""

    ticket: Ticket
    report: TicketReport
    #: Oldest first.
    lines: list[TicketEvent]
    given: Given

    def may_reopen(self, at: datetime) -> bool:
        """Whether "it still does not work" is heard at this moment."""
        ticket = self.ticket
        is_solved = ticket.status is TicketStatus.RESOLVED and ticket.resolved_at is not None
        return is_solved and at - (ticket.resolved_at or at) < REOPENED_FOR

    @property
    def may_rate(self) -> bool:
        """Whether there is something to rate."""
        return self.ticket.status in {TicketStatus.RESOLVED, TicketStatus.CLOSED}


def followed(code: str) -> Followed | None:
    """Return what a code follows; None for a code that nobody was given."""
    report = db.session.scalar(
        select(TicketReport).where(TicketReport.follow_hash == secret_hash(typed_code(code)))
    )
    if report is None:
        return None
    ticket = db.session.scalars(
        select(Ticket)
        .where(Ticket.id == report.ticket_id)
        .options(joinedload(Ticket.assignee), joinedload(Ticket.asset), joinedload(Ticket.module))
    ).one()
    lines = db.session.scalars(
        select(TicketEvent)
        .where(
            or_(
                and_(
                    TicketEvent.ticket_id == ticket.id,
                    TicketEvent.at >= report.at,
                    TicketEvent.is_public,
                    # What was announced in other words since may have been blacked out.
                    or_(TicketEvent.key != ANNOUNCED, TicketEvent.text == ticket.announcement),
                    TicketEvent.report_id.is_(None),
                ),
                TicketEvent.report_id == report.id,
            )
        )
        .order_by(TicketEvent.id)
    )
    return Followed(ticket, report, list(lines), given_with(report, ticket))


def add_line(found: Followed, text: str, *, at: datetime) -> list[str]:
    """Put a line of the reporter on the timeline. Return what the screen hid."""
    if not text:
        raise Invalid("written.required", field="text")
    own = [line for line in found.lines if line.key == LINE]
    if len(own) >= MOST_LINES:
        raise Refused("follow.enough_lines")
    if own and own[-1].text == screen(text).text:
        return []
    screened = screen(text)
    found.ticket.note(
        LINE,
        by=found.report.name,
        at=at,
        text=screened.text,
        report_id=found.report.id,
    )
    return screened.masked


def rate(found: Followed, rating: int, text: str, *, at: datetime) -> list[str]:
    """Write down how it went, 1 to 5; a second tap changes the first. Return what was hidden."""
    if not found.may_rate:
        raise Refused("follow.rate_later")
    if not 1 <= rating <= 5:
        raise Invalid("written.choice", field="rating")
    report = found.report
    report.rating, report.rated_at = rating, at
    screened = screen(text)
    report.rating_text = screened.text or report.rating_text
    return screened.masked


def reopen(found: Followed, text: str, *, at: datetime) -> list[str]:
    """Take a ticket back into work because its reporter says that it still does not work.

    Return what the screen hid.
    """
    if not found.may_reopen(at):
        raise Refused("follow.reopen_over")
    ticket, report, screened = found.ticket, found.report, screen(text)
    ticket.note(
        "ticket.event.not_solved",
        by=report.name,
        at=at,
        text=screened.text,
        report_id=report.id,
    )
    working.go(ticket, TicketStatus.IN_PROGRESS, by="", at=at, text="")
    return screened.masked
