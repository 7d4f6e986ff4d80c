"""Changing what a ticket is about; who loses a race sees both versions."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, ItopsError
from itops.models import Ticket
from itops.services import written
from itops.services.tickets import desk_form, editing
from itops.views.answering.language import t
from itops.views.showing.forms import Form
from itops.views.tickets.acts import VERSION
from itops.views.tickets.desk import form_choices

bp = Blueprint("editing", __name__)


@bp.get("/<int:ticket_id>/edit")
@requires(Permission.WORK_TICKETS)
def edit(ticket_id: int) -> ResponseReturnValue:
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    return _form(ticket, Form(_typed(ticket)))


@bp.post("/<int:ticket_id>/edit")
@requires(Permission.WORK_TICKETS)
def save(ticket_id: int) -> ResponseReturnValue:
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    within = reach(Permission.WORK_TICKETS)
    try:
        typed = desk_form.parse(request.form)
        read = written.row_id(request.form.get(VERSION, "")) or 0
        masked = editing.edit(ticket, typed, version=read, within=within, by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
        return _refused(ticket, error)
    db.session.commit()
    flash(t("ticket.saved", n=ticket_id))
    if masked:
        flash(t("screen.masked", n=len(masked)), "warning")
    return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)


def _refused(ticket: Ticket, error: ItopsError) -> ResponseReturnValue:
    form = Form.refused(request.form, error)
    if not isinstance(error, Conflict):
        return _form(ticket, form), 400
    now = _typed(ticket)
    typed = {**request.form, VERSION: str(ticket.version)}
    theirs = [
        (name, typed[name], now[name])
        for name in desk_form.READERS
        if name in typed and typed[name].strip() != now.get(name, "")
    ]
    return _form(ticket, Form(typed, message=error.message), theirs), 409


def _typed(ticket: Ticket) -> dict[str, str]:
    return editing.typed_of(ticket) | {VERSION: str(ticket.version)}


def _form(ticket: Ticket, form: Form, theirs: list[tuple[str, str, str]] | None = None) -> str:
    shown: dict[str, Any] = form_choices()
    return render_template(
        "tickets/edit.html", ticket=ticket, form=form, theirs=theirs or [], **shown
    )
