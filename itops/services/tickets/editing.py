"""Changing what a ticket is about: its place, device, kind, impact and urgency, its words."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.errors import Invalid, Message
from itops.models import Asset, Site, Ticket, TicketReport
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.patient_screen import screen
from itops.services.scoping import Within
from itops.services.tickets import limits
from itops.services.tickets.desk_form import Typed, opening_from
from itops.services.tickets.opening import Opening
from itops.services.tickets.priorities import priority_of
from itops.services.tickets.working import same, write_down

#: What an edit changes; how it came in and who reported it stay as they were.
CHANGED = (
    *("site_id", "department_id", "location_id", "place", "asset_id", "module_id"),
    *("kind", "what", "title", "text", "impact", "urgency"),
)
SCREENED = {"title", "text", "place"}


def edit(
    ticket: Ticket, typed: Typed, *, version: int, within: Within, by: Actor, at: datetime
) -> list[str]:
    """Make a ticket what was typed; the new place must be within reach as the old one was.

    Return what the patient-data screen hid. Raise Conflict, or Invalid with the field.
    """
    same(ticket, version)
    if not within.covers(site_id=ticket.site_id, department_id=ticket.department_id):
        raise Invalid("asset.out_of_reach", field="site_id")
    opening = opening_from(typed, within)
    if db.session.get_one(Site, opening.site_id).is_demo != ticket.is_demo:
        raise Invalid("asset.demo_mixed", field="site_id")
    before = auditing.facts(ticket)
    masked = _write(ticket, opening)
    priority = priority_of(ticket.impact, ticket.urgency)
    if priority != ticket.priority:
        words = [Message(f"ticket.priority.{one}").as_json() for one in (ticket.priority, priority)]
        ticket.note("ticket.event.reprioritised", by=by.name, at=at, old=words[0], new=words[1])
        ticket.priority = priority
        limits.settle(ticket, limits.limits())
    if db.session.is_modified(ticket):
        ticket.note("ticket.event.edited", by=by.name, at=at)
        write_down(ticket, "ticket.edited", before, by=by, at=at)
    return masked


def typed_of(ticket: Ticket) -> dict[str, str]:
    """Return the texts from which `desk_form.parse` reads a ticket again."""
    asset = db.session.get(Asset, ticket.asset_id) if ticket.asset_id else None
    values = {entry.name: getattr(ticket, entry.name, "") for entry in fields(Typed)}
    values |= {"tag": asset.tag if asset else "", "name": "", "phone": ""}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _write(ticket: Ticket, opening: Opening) -> list[str]:
    masked: list[str] = []
    words = ticket.text
    for name in CHANGED:
        value = getattr(opening, name)
        if name in SCREENED:
            screened = screen(value)
            value, masked = screened.text, masked + screened.masked
        if getattr(ticket, name) != value:
            setattr(ticket, name, value)
    if ticket.text != words:
        _take_back_first_words(ticket)
    return masked


def _take_back_first_words(ticket: Ticket) -> None:
    """Forget the reporter's own words once the desk has put others in their place.

    They stand on a page without an account and in the search: what was blacked out must not.
    """
    said = TicketReport.ticket_id == ticket.id, TicketReport.is_first, TicketReport.text != ""
    for report in db.session.scalars(select(TicketReport).where(*said)):
        report.text = ""
