"""What people have checks do: look now, and how far that is; look no more, and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Check
from itops.services.checking import register
from itops.views.answering.language import named, said, t
from itops.views.checking.seeing import found
from itops.views.showing.forms import Form

bp = Blueprint("acts", __name__, url_prefix="/<int:check_id>")
#: After so long without an answer the page says that nobody is working on it.
PATIENCE = timedelta(minutes=4)


@dataclass(frozen=True)
class Progress:
    """How far a check is that somebody asked for: waiting, being carried out, or given up on."""

    key: str
    is_going: bool


def progress_of(check: Check, *, at: datetime) -> Progress | None:
    """Return how far the last "now" is; None if it is done, or nobody asked."""
    if check.asked_at is None or not check.is_enabled or check.is_demo:
        return None
    if check.checked_at is not None and check.checked_at >= check.asked_at:
        return None
    if check.asked_at < at - PATIENCE:
        return Progress("checks.progress.nobody", is_going=False)
    is_held = check.lease_until_at is not None and check.lease_until_at >= at
    return Progress(
        "checks.progress.running" if is_held else "checks.progress.waiting", is_going=True
    )


@bp.post("/run")
@requires(Permission.RUN_CHECKS)
def run(check_id: int) -> ResponseReturnValue:
    check = found(check_id, Permission.RUN_CHECKS)
    try:
        register.ask_now(check, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
    return redirect(url_for("checks.show", check_id=check_id))


@bp.get("/progress")
@requires(Permission.VIEW_CHECKS)
def progress(check_id: int) -> ResponseReturnValue:
    """Answer the part of the page that says how far it is; when it is done, reload the page."""
    check, at = found(check_id), utcnow()
    going = progress_of(check, at=at)
    page = render_template("checks/_progress.html", check=check, progress=going)
    if going is not None and going.is_going:
        return page
    return page, 200, {"HX-Refresh": "true"}


@bp.post("/switch")
@requires(Permission.MANAGE_CHECKS)
def switch(check_id: int) -> ResponseReturnValue:
    check = found(check_id, Permission.MANAGE_CHECKS)
    on = request.form.get("on") == "1"
    try:
        register.switch(check, on=on, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
        flash(t("checks.switched_on" if on else "checks.switched_off", name=named(check)))
    return redirect(url_for("checks.show", check_id=check_id))


@bp.route("/remove", methods=["GET", "POST"])
@requires(Permission.MANAGE_CHECKS)
def remove(check_id: int) -> ResponseReturnValue:
    """Show what would be lost, and delete the check once its name is typed."""
    check = found(check_id, Permission.MANAGE_CHECKS)
    if request.method == "GET":
        return render_template("checks/remove.html", check=check, form=Form())
    if request.form.get("name", "").strip() != check.name:
        error = Invalid("checks.name_differs", field="name", name=check.name)
        form = Form.refused(request.form, error)
        page = render_template("checks/remove.html", check=check, form=form)
        db.session.rollback()
        return page, 400
    register.remove(check, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("checks.removed", name=check.name))
    return redirect(url_for("checks.index"))
