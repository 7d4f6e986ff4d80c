"""What people do on an alert's page: take it, note something, silence it."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Alert
from itops.services.alerting import handling, quiets
from itops.services.auditing import facts, record
from itops.services.tickets.opening import open_from_alert
from itops.views.alerts import pages
from itops.views.answering.language import said, t
from itops.views.showing.forms import Form

bp = Blueprint("handling", __name__)
HANDLES = Permission.HANDLE_ALERTS


@bp.post("/<int:alert_id>/take")
@requires(HANDLES)
def take(alert_id: int) -> ResponseReturnValue:
    alert = in_scope_or_404(Alert, alert_id, HANDLES)
    try:
        handling.take(alert, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
        flash(t("alert.taken"))
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/<int:alert_id>/ticket")
@requires(Permission.WORK_TICKETS)
def open_ticket(alert_id: int) -> ResponseReturnValue:
    """Open the episode's ticket; whoever taps again is shown the one that is there."""
    alert, at = in_scope_or_404(Alert, alert_id, Permission.WORK_TICKETS), utcnow()
    ticket = open_from_alert(alert, at=at)
    if ticket.opened_at == at:
        record("ticket.opened", ticket, by=actor(), at=at, before={}, after=facts(ticket))
    db.session.commit()
    return redirect(url_for("tickets.show", ticket_id=ticket.id))


@bp.post("/<int:alert_id>/note")
@requires(HANDLES)
def note(alert_id: int) -> ResponseReturnValue:
    alert = in_scope_or_404(Alert, alert_id, HANDLES)
    try:
        masked = handling.note(alert, request.form.get("note", ""), by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        wrong = Form({**request.form}, {"note": error.message}, error.message)
        return pages.page_of(in_scope_or_404(Alert, alert_id, HANDLES), wrong), 400
    db.session.commit()
    flash(t("screen.masked", n=masked), "warning") if masked else flash(t("alert.noted"))
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/<int:alert_id>/silence")
@requires(HANDLES)
def silence(alert_id: int) -> ResponseReturnValue:
    alert = in_scope_or_404(Alert, alert_id, HANDLES)
    try:
        made = quiets.silence(alert, request.form, by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        wrong = Form.refused(request.form, error)
        return pages.page_of(in_scope_or_404(Alert, alert_id, HANDLES), wrong), 400
    db.session.commit()
    flash(t("alert.silenced", length=t(f"quiet.length.{request.form['length']}")))
    return redirect(url_for("alerts.show", alert_id=alert_id, _anchor=f"quiet-{made.id}"))
