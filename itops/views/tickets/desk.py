"""A ticket that somebody rings up about: opened at the desk."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach, scoped
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError
from itops.models import Impact, SystemModule, TicketKind, Urgency, What
from itops.services.tickets import codes, desk_form
from itops.views.answering.language import named, t
from itops.views.showing.choices import places_to_choose
from itops.views.showing.forms import Form

bp = Blueprint("desk", __name__)
#: What a form that nobody has filled in yet says.
DEFAULTS = {"what": What.OTHER, "impact": Impact.ONE, "urgency": Urgency.TODAY}


@bp.get("/new")
@requires(Permission.WORK_TICKETS)
def new() -> ResponseReturnValue:
    typed = {
        name: request.args.get(name, "") for name in ("tag", "title", "department_id", "site_id")
    }
    return _form(Form(typed))


@bp.post("/new")
@requires(Permission.WORK_TICKETS)
def create() -> ResponseReturnValue:
    within, key = reach(Permission.WORK_TICKETS), codes.known_key(request.form.get("key", ""))
    try:
        typed = desk_form.parse(request.form)
        done = desk_form.open_from(typed, key=key, within=within, by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _form(Form.refused(request.form, error), key), 400
    db.session.commit()
    flash(t("ticket.opened", n=done.ticket.id))
    if done.masked:
        flash(t("screen.masked", n=len(done.masked)), "warning")
    return redirect(url_for("tickets.show", ticket_id=done.ticket.id), 303)


def _form(form: Form, key: str = "") -> str:
    if not form.values.get("what"):
        form = Form(DEFAULTS | dict(form.values), form.errors, form.message)
    return render_template(
        "tickets/new.html", form=form, key=key or codes.request_key(), **form_choices()
    )


def form_choices() -> dict[str, Any]:
    """Return what the fields of a ticket's form are called, and what they choose from."""
    places = places_to_choose(Permission.WORK_TICKETS)
    sites = {one.id: named(one) for one in places.sites}
    many = len(sites) > 1
    departments = [
        (row.id, f"{sites[row.site_id]} · {named(row)}" if many else named(row))
        for row in places.departments
        if row.site_id in sites
    ]
    modules = scoped(select(SystemModule), SystemModule, Permission.WORK_TICKETS)
    rows = db.session.scalars(modules.where(SystemModule.is_in_use).order_by(SystemModule.code))
    return {
        "sites": list(sites.items()),
        "departments": departments,
        "modules": [(row.id, f"{row.code} {named(row)}") for row in rows],
        "whats": _options("what", What),
        "kinds": _options("kind", TicketKind),
        "impacts": _options("impact", Impact),
        "urgencies": _options("urgency", Urgency),
        "labels": {name: t(f"ticket.field.{name}") for name in desk_form.READERS},
    }


def _options(name: str, values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, t(f"ticket.{name}.{value}")) for value in values]
