"""Changing what a ticket is about; who loses a race sees both versions."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.models import Ticket
from itops.services.tickets import desk_form, editing
from itops.views.answering.language import t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.forms import Form
from itops.views.tickets.desk import form_choices

bp = Blueprint("editing", __name__)
WORKS = Permission.WORK_TICKETS


@bp.get("/<int:ticket_id>/edit")
@requires(WORKS)
def edit(ticket_id: int) -> ResponseReturnValue:
    return TICKET.begin(ticket_id)


@bp.post("/<int:ticket_id>/edit")
@requires(WORKS)
def save(ticket_id: int) -> ResponseReturnValue:
    return TICKET.save(ticket_id)


def _ticket(ticket_id: int) -> Ticket:
    return in_scope_or_404(Ticket, ticket_id, WORKS)


def _typed(ticket: Ticket) -> dict[str, str]:
    return editing.typed_of(ticket) | {VERSION: str(ticket.version)}


def _write(ticket: Ticket, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(WORKS), "by": actor(), "at": utcnow()}
    masked = editing.edit(ticket, desk_form.parse(both.typed), version=both.version, **given)
    warning = t("screen.masked", n=len(masked)) if masked else ""
    to = url_for("tickets.show", ticket_id=ticket.id)
    return Saved(t("ticket.saved", n=ticket.id), to, warning)


def _labels() -> dict[str, str]:
    return {name: t(f"ticket.field.{name}") for name in desk_form.READERS}


def _form(ticket: Ticket, form: Form, theirs: Disputed) -> str:
    shown: dict[str, Any] = form_choices()
    return render_template("tickets/edit.html", ticket=ticket, form=form, theirs=theirs, **shown)


TICKET = Editing(find=_ticket, shown=_typed, write=_write, page=_form, labels=lambda _: _labels())
