"""Larger steps with a ticket: telling everybody, merging, ordering a repair, adding a photo."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import scoped
from itops.auth.sessions import settings
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import Ticket
from itops.services import attachments, auditing, written
from itops.services.attachments import Upload
from itops.services.auditing import Actor
from itops.services.maintenance.days import Now
from itops.services.tickets import announcing, merging, repairs
from itops.services.tickets.announcing import Announcement
from itops.views.tickets.acts import do_to

bp = Blueprint("steps", __name__)
read_line = written.text(200)
read_steps = written.text(1000, lines=True)


def zone() -> ZoneInfo:
    """Return the hospital's time zone."""
    return ZoneInfo(settings().time_zone)


@bp.post("/<int:ticket_id>/announce")
@requires(Permission.WORK_TICKETS)
def announce(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> list[str]:
        said = Announcement(
            read_line(request.form.get("announcement", "")),
            read_steps(request.form.get("meanwhile", "")),
            announcing.moment(request.form.get("expected_at", ""), zone=zone(), at=at),
        )
        return announcing.announce(ticket, said, version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.announced_now")


@bp.post("/<int:ticket_id>/withdraw")
@requires(Permission.WORK_TICKETS)
def withdraw(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> None:
        announcing.withdraw(ticket, version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.withdrawn")


@bp.post("/<int:ticket_id>/merge")
@requires(Permission.WORK_TICKETS)
def merge(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> None:
        merging.merge(ticket, _other(), version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.merged")


@bp.post("/<int:ticket_id>/order")
@requires(Permission.WORK_TICKETS)
def order(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> None:
        repairs.to_work_order(ticket, version=version, by=by, now=Now(at, zone()))

    return do_to(ticket_id, act, "ticket.ordered")


@bp.post("/<int:ticket_id>/photo")
@requires(Permission.WORK_TICKETS)
def photo(ticket_id: int) -> ResponseReturnValue:
    upload = _uploaded()

    def act(ticket: Ticket, _version: int, by: Actor, at: datetime) -> None:
        if isinstance(upload, ItopsError):
            raise upload
        attachments.store(upload, for_=ticket, by=by, at=at)
        ticket.note("ticket.event.photo", by=by.name, at=at, name=upload.name)
        after = {"name": upload.name, "size_bytes": len(upload.content)}
        auditing.record("ticket.photo", ticket, by=by, at=at, after=after)

    return do_to(ticket_id, act, "ticket.photo_added")


def _uploaded() -> Upload | ItopsError:
    """Return the photo, or what is wrong with it: looked at before the database is asked."""
    file = request.files.get("photo")
    try:
        return attachments.examine(file.stream.read() if file else b"", str(file and file.filename))
    except ItopsError as error:
        return error


def _other() -> Ticket:
    """Return the ticket whose number was typed, if it is within reach."""
    number = written.row_id(written.plain(request.form.get("into", "")).lstrip("#"))
    wanted = select(Ticket).where(Ticket.id == number)
    found = db.session.scalar(scoped(wanted, Ticket, Permission.WORK_TICKETS)) if number else None
    if found is None:
        raise Invalid("ticket.merge_wrong", field="into")
    return found
