"""The desk's work on a ticket: taking, giving, moving, writing, all on one version of it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, Invalid, Refused
from itops.models import Ticket, TicketEvent, TicketStatus, User
from itops.models.ticket import OPEN
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.holders import workers_at
from itops.services.patient_screen import screen
from itops.services.tickets import limits

#: Statuses that nobody reaches without saying something to the reporter.
WITH_WORDS = {TicketStatus.RESOLVED, TicketStatus.ON_HOLD}
#: The same word of the same person within so long is a second click on the same button.
SECOND_CLICK = timedelta(seconds=20)


def take(ticket: Ticket, *, version: int, by: Actor, at: datetime) -> None:
    """Make a ticket one's own and begin: a new one or one on hold goes into progress."""
    if ticket.assignee_id == by.id and ticket.status is TicketStatus.IN_PROGRESS:
        return
    assign(ticket, by.id, version=version, by=by, at=at, begins=True)


def assign(
    ticket: Ticket,
    user_id: int | None,
    *,
    version: int,
    by: Actor,
    at: datetime,
    begins: bool = False,
) -> None:
    """Give a ticket to somebody, or to nobody. Raise Conflict, Refused or Invalid."""
    same(ticket, version)
    if ticket.status not in OPEN:
        raise Refused("ticket.is_over")
    person = _worker(user_id, ticket, at=at) if user_id is not None else None
    before = auditing.facts(ticket)
    if person is None or person.id != ticket.assignee_id:
        ticket.assignee_id = person.id if person else None
        key = f"ticket.event.{_how_given(person, by)}"
        ticket.note(key, by=by.name, at=at, is_public=True, name=person.name if person else "")
    if begins and ticket.status is not TicketStatus.IN_PROGRESS:
        _go(ticket, TicketStatus.IN_PROGRESS, by=by, at=at, text="")
    write_down(ticket, "ticket.assigned", before, by=by, at=at)


def _how_given(person: User | None, by: Actor) -> str:
    if person is None:
        return "given_back"
    return "taken" if person.id == by.id else "given"


def move(
    ticket: Ticket, status: TicketStatus, *, text: str, version: int, by: Actor, at: datetime
) -> list[str]:
    """Take a ticket to another status with words that its reporters read.

    Return what the patient-data screen hid. Raise Conflict, Refused, or Invalid without words.
    """
    screened, before = screen(text), auditing.facts(ticket)
    if said_already(ticket, f"ticket.event.{status}", screened.text, by=by, at=at):
        return screened.masked
    same(ticket, version)
    if status in WITH_WORDS and not text:
        raise Invalid("ticket.say_something", field="text")
    _go(ticket, status, by=by, at=at, text=screened.text)
    if status is TicketStatus.RESOLVED:
        ticket.resolution = screened.text
        ticket.assignee_id = ticket.assignee_id or by.id
        ticket.announced_at = None
    write_down(ticket, "ticket.moved", before, by=by, at=at)
    return screened.masked


def write_note(ticket: Ticket, text: str, *, is_public: bool, by: Actor, at: datetime) -> list[str]:
    """Add a note, to the reporters or among ourselves. Return what the screen hid.

    The first word to the reporters is the answer whose time limit runs.
    """
    if not text:
        raise Invalid("written.required", field="text")
    if ticket.status is TicketStatus.MERGED:
        raise Refused("ticket.is_over")
    screened, before = screen(text), auditing.facts(ticket)
    key = "ticket.event.told" if is_public else "ticket.event.noted"
    if said_already(ticket, key, screened.text, by=by, at=at):
        return screened.masked
    ticket.note(key, by=by.name, at=at, text=screened.text, is_public=is_public)
    if is_public and ticket.responded_at is None:
        ticket.responded_at = at
        limits.settle(ticket, limits.limits())
    write_down(ticket, "ticket.noted", before, by=by, at=at)
    return screened.masked


def workers(ticket: Ticket, *, at: datetime) -> list[User]:
    """Return the people to whom a ticket can be given, by name: those who work where it is."""
    holds = workers_at(ticket.site_id, ticket.department_id, at=at)
    return list(db.session.scalars(select(User).where(holds).order_by(User.name, User.id)))


def go(ticket: Ticket, status: TicketStatus, *, by: str, at: datetime, text: str) -> None:
    """Move a ticket and its clocks; for the desk and for reporters alike."""
    given = limits.limits()
    limits.end_pause(ticket, given, at=at)
    ticket.move_to(status, by=by, at=at, text=text)
    limits.settle(ticket, given)


def _go(ticket: Ticket, status: TicketStatus, *, by: Actor, at: datetime, text: str) -> None:
    go(ticket, status, by=by.name, at=at, text=text)


def _worker(user_id: int, ticket: Ticket, *, at: datetime) -> User:
    person = db.session.get(User, user_id)
    if person is None or person not in workers(ticket, at=at):
        raise Invalid("written.choice", field="assignee")
    return person


def said_already(ticket: Ticket, key: str, text: str, *, by: Actor, at: datetime) -> bool:
    """Whether the last that happened is just this, by the same person, a moment ago."""
    last = db.session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    if last is None or at - last.at > SECOND_CLICK:
        return False
    return (last.key, last.text, last.by) == (key, text, by.name)


def same(ticket: Ticket, version: int) -> None:
    """Raise Conflict if somebody changed the ticket since the person read it."""
    if ticket.version != version:
        raise Conflict("ticket.changed_meanwhile")


def write_down(
    ticket: Ticket, action: str, before: dict[str, Any], *, by: Actor, at: datetime
) -> None:
    """Write a change now, so that a lost race is told as what it is, and put it into the log."""
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("ticket.changed_meanwhile") from None
    auditing.record(action, ticket, by=by, at=at, before=before, after=auditing.facts(ticket))
