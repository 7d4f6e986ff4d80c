"""Planned stops and silences: the list, a new stop, and ending one early."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach, scoped
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError, Refused
from itops.models import AssetType, Quiet, SystemModule
from itops.services.alerting import quiets
from itops.views.answering.language import named, said, t
from itops.views.showing.choices import places_to_choose
from itops.views.showing.forms import Form

bp = Blueprint("quiets", __name__, url_prefix="/quiets")
HANDLES = Permission.HANDLE_ALERTS


@bp.get("")
@requires(Permission.VIEW_ALERTS)
def index() -> ResponseReturnValue:
    at = utcnow()
    within = reach(Permission.VIEW_ALERTS).condition(Quiet)
    handles = reach(HANDLES)
    return render_template(
        "alerts/quiets.html",
        at=at,
        quiets=quiets.listed(within, at=at),
        may_end=lambda quiet: handles.covers(site_id=quiet.site_id),
        may_plan=handles.everywhere or handles.site_ids or handles.department_ids,
    )


@bp.get("/new")
@requires(HANDLES)
def new() -> ResponseReturnValue:
    given = {name: request.args.get(name, "")[:40] for name in quiets.NAMED}
    return _form(Form({**given, **_usual_times()}))


@bp.post("/new")
@requires(HANDLES)
def plan() -> ResponseReturnValue:
    try:
        given = quiets.parse(request.form, ZoneInfo(settings().time_zone))
        quiets.plan(given, within=reach(HANDLES), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _form(Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("quiet.planned"))
    return redirect(url_for(".index"))


@bp.post("/<int:quiet_id>/end")
@requires(HANDLES)
def end(quiet_id: int) -> ResponseReturnValue:
    quiet = in_scope_or_404(Quiet, quiet_id, HANDLES)
    try:
        quiets.end(quiet, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
        flash(t("quiet.ended"))
    return redirect(url_for(".index"))


def _usual_times() -> dict[str, str]:
    """Return the next whole hour and two hours later, as the form shows them."""
    now = utcnow().astimezone(ZoneInfo(settings().time_zone))
    begin = now.replace(minute=0, second=0) + timedelta(hours=1)
    return {
        "starts": begin.strftime("%Y-%m-%d %H:%M"),
        "ends": (begin + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M"),
    }


def _form(form: Form) -> str:
    names = ("reason", "starts", "ends", *quiets.NAMED, "everything")
    return render_template(
        "alerts/quiet_form.html",
        form=form,
        options=_options(),
        labels={name: t(f"quiet.field.{name}") for name in names},
    )


def _options() -> dict[str, Any]:
    """Return the choices of every select: pairs of value and text."""
    places = places_to_choose(HANDLES)
    every = (
        [("", t("quiet.every_site"))] if places.reach.everywhere else [("", t("quiet.by_thing"))]
    )
    types = db.session.scalars(select(AssetType).order_by(AssetType.position))
    modules = scoped(select(SystemModule), SystemModule, HANDLES).where(SystemModule.is_in_use)
    return {
        "site_id": every + [(site.id, named(site)) for site in places.sites],
        "type_key": [("", t("quiet.any_type")), *((one.key, named(one)) for one in types)],
        "module_id": [("", t("quiet.any_module"))]
        + [
            (one.id, f"{one.code} {named(one)}")
            for one in db.session.scalars(modules.order_by(SystemModule.code))
        ],
    }
