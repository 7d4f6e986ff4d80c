"""The report form: at a device's label or without one, without an account, in three taps."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from itops.auth.actors import actor
from itops.auth.permissions import open_to_all
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import Site, TicketSource, Urgency, What
from itops.services import attachments, written
from itops.services.attachments import Upload
from itops.services.public_limits import TooOften
from itops.services.tickets import codes, limits, reporting
from itops.services.tickets.known_faults import known_faults, me_too
from itops.services.tickets.opening import (
    Opening,
    Reported,
    Reporter,
    known_report,
    report,
)
from itops.services.tickets.priorities import impact_of, priority_of
from itops.views.answering.language import language, named, t
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form
from itops.views.tickets.spots import Spot, labelled, sited

bp = Blueprint("reports", __name__)
#: The field that holds the key of this showing of the form.
KEY = "key"
AT_LABEL = "whoever stands before a broken device scans its label"
AT_SITE = "a device without a label breaks too"


@bp.get("/q/<code>")
@open_to_all(AT_LABEL)
def at_label(code: str) -> ResponseReturnValue:
    spot = labelled(code)
    return _form(spot, Form()) if spot else _unknown_label()


@bp.post("/q/<code>")
@open_to_all(AT_LABEL)
def send_at_label(code: str) -> ResponseReturnValue:
    upload = _uploaded(request.files.get("photo"))
    spot = labelled(code)
    return _send(spot, upload) if spot else _unknown_label()


@bp.post("/q/<code>/me-too")
@open_to_all(AT_LABEL)
def join_at_label(code: str) -> ResponseReturnValue:
    spot = labelled(code)
    return _join(spot) if spot else _unknown_label()


@bp.get("/report")
@open_to_all(AT_SITE)
def choose() -> ResponseReturnValue:
    sites = list(db.session.scalars(select(Site).order_by(Site.id)))
    chosen = number_of(request.args.get("site"))
    if chosen or len(sites) == 1:
        return redirect(url_for(".at_site", site_id=chosen or sites[0].id))
    return render_template("report/choose.html", sites=sites)


@bp.get("/report/<int:site_id>")
@open_to_all(AT_SITE)
def at_site(site_id: int) -> ResponseReturnValue:
    return _form(sited(site_id), Form())


@bp.post("/report/<int:site_id>")
@open_to_all(AT_SITE)
def send_at_site(site_id: int) -> ResponseReturnValue:
    upload = _uploaded(request.files.get("photo"))
    return _send(sited(site_id), upload)


@bp.post("/report/<int:site_id>/me-too")
@open_to_all(AT_SITE)
def join_at_site(site_id: int) -> ResponseReturnValue:
    return _join(sited(site_id))


def _unknown_label() -> ResponseReturnValue:
    return render_template("report/unknown_label.html"), 404


def _uploaded(file: FileStorage | None) -> Upload | ItopsError | None:
    """Return the photo, or what is wrong with it: looked at before the database is asked."""
    if file is None or not file.filename:
        return None
    try:
        return attachments.examine(file.stream.read(), file.filename)
    except ItopsError as error:
        return error


def _send(spot: Spot, upload: Upload | ItopsError | None) -> ResponseReturnValue:
    at, key = utcnow(), codes.known_key(request.form.get(KEY, ""))
    try:
        if isinstance(upload, ItopsError):
            raise upload
        typed = reporting.parse(request.form)
        _count(spot, key)
        done = report(_opening(spot, typed), _reporter(key, typed), at=at)
        if upload is not None and done.is_new:
            attachments.store(upload, for_=done.ticket, by=actor(), at=at)
    except ItopsError as error:
        return _again(spot, error)
    db.session.commit()
    return _received(done, key)


def _join(spot: Spot) -> ResponseReturnValue:
    key = codes.known_key(request.form.get(KEY, ""))
    try:
        _count(spot, key)
        department = _department_of(spot)
        reporter = Reporter(request_key=key, language=language(), user_id=_user_id())
        number = written.row_id(request.form.get("ticket", ""))
        done = me_too(spot.where(department), number, reporter, at=utcnow())
    except ItopsError as error:
        return _again(spot, error)
    db.session.commit()
    return _received(done, key)


def _department_of(spot: Spot) -> int | None:
    """Return the department that was chosen before the tap, if it is one of this site."""
    chosen = number_of(request.form.get("department_id"))
    return chosen if chosen in {one.id for one in spot.departments} else None


def _count(spot: Spot, key: str) -> None:
    """Count a new report from here; the same tap again costs nothing."""
    if known_report(key) is None:
        spot.count()


def _opening(spot: Spot, typed: reporting.Typed) -> Opening:
    if spot.asset is not None:
        department, location = spot.asset.department_id, spot.asset.location_id
    else:
        department, location = typed.department_id, None
        if department not in {one.id for one in spot.departments}:
            raise Invalid("report.say_where", field="department_id")
    return Opening(
        site_id=spot.site.id,
        department_id=department,
        location_id=location,
        place=typed.place,
        asset_id=spot.asset.id if spot.asset else None,
        what=typed.what,
        text=typed.text,
        urgency=typed.urgency,
        source=TicketSource.LABEL if spot.asset else TicketSource.FORM,
    )


def _reporter(key: str, typed: reporting.Typed) -> Reporter:
    return Reporter(
        request_key=key,
        name=typed.name,
        phone=typed.phone,
        language=language(),
        user_id=_user_id(),
        text=typed.text,
    )


def _user_id() -> int | None:
    return current_user.id if current_user.is_authenticated else None


def _received(done: Reported, key: str) -> ResponseReturnValue:
    if done.masked:
        flash(t("screen.masked", n=len(done.masked)), "warning")
    return redirect(url_for("follow.show", code=codes.follow_code(key)), 303)


def _again(spot: Spot, error: ItopsError) -> ResponseReturnValue:
    """Show the form with everything typed and what is wrong; nothing was written."""
    db.session.rollback()
    page = _form(spot, Form.refused(request.form, error), request.form)
    if isinstance(error, TooOften):
        return page, 429, {"Retry-After": str(error.seconds)}
    return page, 400


def _form(spot: Spot, form: Form, typed: Mapping[str, str] | None = None) -> str:
    given, impact = limits.limits(), impact_of(spot.asset.criticality if spot.asset else None)
    targets = {one: given.targets[priority_of(impact, one)] for one in Urgency}
    return render_template(
        "report/form.html",
        spot=spot,
        form=form,
        known=known_faults(spot.where()),
        departments=[("", t("report.choose")), *((row.id, named(row)) for row in spot.departments)],
        key=codes.known_key((typed or {}).get(KEY, "")),
        whats=list(What),
        targets=targets,
        trap=reporting.TRAP,
        labels={name: t(f"report.field.{name}") for name in (*reporting.READERS, "file")},
    )
