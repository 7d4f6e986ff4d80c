"""What the desk does with a ticket: take, give, move, write; each on the version that was read."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError, Message
from itops.models import Ticket, TicketStatus
from itops.services import written
from itops.services.auditing import Actor
from itops.services.tickets import working
from itops.services.tickets.reporting import LONGEST_TEXT
from itops.views.answering.language import t
from itops.views.showing.choices import choice_of
from itops.views.showing.forms import Form
from itops.views.tickets.page import ticket_page

bp = Blueprint("acts", __name__)
#: The version that the person read.
VERSION = "version"
read_text = written.text(LONGEST_TEXT, lines=True)

Act = Callable[[Ticket, int, Actor, datetime], list[str] | None]


@bp.post("/<int:ticket_id>/take")
@requires(Permission.WORK_TICKETS)
def take(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> None:
        working.take(ticket, version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.taken")


@bp.post("/<int:ticket_id>/assign")
@requires(Permission.WORK_TICKETS)
def assign(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> None:
        person = written.row_id(request.form.get("assignee", ""))
        working.assign(ticket, person, version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.assigned")


@bp.post("/<int:ticket_id>/move")
@requires(Permission.WORK_TICKETS)
def move(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, version: int, by: Actor, at: datetime) -> list[str]:
        status = choice_of(TicketStatus, request.form.get("to", ""))
        if status is None:
            raise Invalid("written.choice")
        text = read_text(request.form.get("text", ""))
        return working.move(ticket, status, text=text, version=version, by=by, at=at)

    return do_to(ticket_id, act, "ticket.moved")


@bp.post("/<int:ticket_id>/note")
@requires(Permission.WORK_TICKETS)
def note(ticket_id: int) -> ResponseReturnValue:
    def act(ticket: Ticket, _version: int, by: Actor, at: datetime) -> list[str]:
        text, is_public = read_text(request.form.get("text", "")), request.form.get("to") == "all"
        return working.write_note(ticket, text, is_public=is_public, by=by, at=at)

    return do_to(ticket_id, act, "ticket.noted")


def do_to(ticket_id: int, act: Act, done: str) -> ResponseReturnValue:
    """Do something to a ticket within reach, say what came of it, and show the ticket again."""
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    try:
        version = written.row_id(request.form.get(VERSION, "")) or 0
        masked = act(ticket, version, actor(), utcnow()) or []
    except ItopsError as error:
        return _refused(ticket_id, error)
    db.session.commit()
    flash(t(done, n=ticket_id, status=Message(f"ticket.status.{ticket.status}")))
    if masked:
        flash(t("screen.masked", n=len(masked)), "warning")
    return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)


def _refused(ticket_id: int, error: ItopsError) -> ResponseReturnValue:
    """Show the ticket as it is now, with what was typed and why it was not done."""
    db.session.rollback()
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    form, step = Form.refused(request.form, error), (request.endpoint or "").rpartition(".")[2]
    return ticket_page(ticket, form, step), 400 if isinstance(error, Invalid) else 409
