"""Announcing a fault: everybody whom it may concern reads it before they report it again."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from itops.errors import Invalid, Refused
from itops.models import Ticket
from itops.models.ticket import OPEN
from itops.services import auditing, written
from itops.services.auditing import Actor
from itops.services.patient_screen import screen
from itops.services.tickets import limits
from itops.services.tickets.working import said_already, same, write_down

#: Longer is no moment, and would be looked at for hours.
LONGEST_MOMENT = 40
MOMENT = re.compile(r"(?:(.+?)[ T]+)?(\d{1,2})[::](\d{2})")


@dataclass(frozen=True)
class Announcement:
    """What is broken, what people do meanwhile (a line a step), and when it should work again."""

    text: str
    meanwhile: str
    expected_at: datetime | None


def announce(
    ticket: Ticket, said: Announcement, *, version: int, by: Actor, at: datetime
) -> list[str]:
    """Tell a fault to all whom it may concern; saying it again changes it.

    Return what the patient-data screen hid. Raise Conflict, Refused, or Invalid with the field.
    """
    text, meanwhile = screen(said.text), screen(said.meanwhile)
    is_same = (ticket.meanwhile, ticket.expected_at) == (meanwhile.text, said.expected_at)
    if is_same and said_already(ticket, "ticket.event.announced", text.text, by=by, at=at):
        return text.masked + meanwhile.masked
    same(ticket, version)
    if ticket.status not in OPEN:
        raise Refused("ticket.is_over")
    if not said.text:
        raise Invalid("written.required", field="announcement")
    before = auditing.facts(ticket)
    ticket.announcement, ticket.meanwhile = text.text, meanwhile.text
    ticket.expected_at = said.expected_at
    ticket.announced_at = ticket.announced_at or at
    ticket.responded_at = ticket.responded_at or at
    limits.settle(ticket, limits.limits())
    ticket.note("ticket.event.announced", by=by.name, at=at, text=text.text, is_public=True)
    write_down(ticket, "ticket.announced", before, by=by, at=at)
    return text.masked + meanwhile.masked


def withdraw(ticket: Ticket, *, version: int, by: Actor, at: datetime) -> None:
    """Announce a fault no longer; who reported it keeps following."""
    same(ticket, version)
    if ticket.announced_at is None:
        return
    before, ticket.announced_at = auditing.facts(ticket), None
    ticket.note("ticket.event.withdrawn", by=by.name, at=at)
    write_down(ticket, "ticket.withdrawn", before, by=by, at=at)


def moment(typed: str, *, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Read 15:30 (the next one), or 2026-11-23 15:30. Raise Invalid for anything else."""
    found = written.plain(typed)
    if not found:
        return None
    match = MOMENT.fullmatch(found) if len(found) <= LONGEST_MOMENT else None
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise Invalid("ticket.moment_wrong", field="expected_at")
    clock = time(int(match[2]), int(match[3]))
    if match[1]:
        on = written.day(match[1])
        return datetime.combine(on or date.min, clock, zone)
    today = datetime.combine(at.astimezone(zone).date(), clock, zone)
    return today if today > at else today + timedelta(days=1)
