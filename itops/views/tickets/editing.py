"""Changing what a ticket is about; who loses a race sees both versions."""

from collections.abc import Sequence
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
from itops.services.tickets import desk_form, editing
from itops.views.answering.language import t
from itops.views.merging import (
    VERSION,
    Both,
    again,
    also_kept,
    as_read,
    brought_together,
    to_settle,
)
from itops.views.showing.forms import Form
from itops.views.tickets.desk import form_choices

bp = Blueprint("editing", __name__)


@bp.get("/<int:ticket_id>/edit")
@requires(Permission.WORK_TICKETS)
def edit(ticket_id: int) -> ResponseReturnValue:
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    return _form(ticket, as_read(_typed(ticket)))


@bp.post("/<int:ticket_id>/edit")
@requires(Permission.WORK_TICKETS)
def save(ticket_id: int) -> ResponseReturnValue:
    ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
    within, at = reach(Permission.WORK_TICKETS), utcnow()
    both = brought_together(request.form, _typed(ticket))
    try:
        if both.disputed:
            raise Conflict("ticket.changed_meanwhile")
        kept, typed = also_kept(both, ticket, _labels()), desk_form.parse(both.typed)
        masked = editing.edit(ticket, typed, version=both.version, within=within, by=actor(), at=at)
    except ItopsError as error:
        db.session.rollback()
        ticket = in_scope_or_404(Ticket, ticket_id, Permission.WORK_TICKETS)
        return _refused(ticket, both, error)
    db.session.commit()
    flash(t("ticket.saved", n=ticket_id))
    if kept:
        flash(kept)
    if masked:
        flash(t("screen.masked", n=len(masked)), "warning")
    return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)


def _refused(ticket: Ticket, both: Both, error: ItopsError) -> ResponseReturnValue:
    if not isinstance(error, Conflict):
        return _form(ticket, again(request.form, both, error)), 400
    both = brought_together(request.form, now := _typed(ticket))
    return _form(ticket, to_settle(both, now, ticket), both.disputed), 409


def _typed(ticket: Ticket) -> dict[str, str]:
    return editing.typed_of(ticket) | {VERSION: str(ticket.version)}


def _labels() -> dict[str, str]:
    return {name: t(f"ticket.field.{name}") for name in desk_form.READERS}


def _form(ticket: Ticket, form: Form, theirs: Sequence[tuple[str, str, str]] = ()) -> str:
    shown: dict[str, Any] = form_choices()
    return render_template("tickets/edit.html", ticket=ticket, form=form, theirs=theirs, **shown)
