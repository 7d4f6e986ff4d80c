"""The page of a work order, and all that a person does on it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, Invalid, ItopsError, Refused
from itops.models import WorkOrder, WorkOrderItem, WorkStatus
from itops.models.work_order import LIVE
from itops.services import written
from itops.services.maintenance import attesting, findings, signing, work_orders
from itops.services.maintenance.attesting import Claim
from itops.services.patient_screen import screen
from itops.services.tickets.from_findings import open_from_finding
from itops.views.answering.language import t
from itops.views.maintenance import order_pages
from itops.views.maintenance.here import (
    item_of,
    now_here,
    order_for,
    photos_sent,
    version_typed,
)
from itops.views.showing.choices import choice_of, number_of
from itops.views.showing.forms import Form

bp = Blueprint("orders", __name__, url_prefix="/orders")
REASON = written.text(200)


@bp.get("/<int:order_id>")
@requires(Permission.VIEW_MAINTENANCE)
def show(order_id: int) -> ResponseReturnValue:
    return order_pages.shown(order_for(order_id, Permission.VIEW_MAINTENANCE), Form())


@bp.get("/<int:order_id>/items/<int:item_id>")
@requires(Permission.DO_WORK_ORDERS)
def item(order_id: int, item_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    return order_pages.item_shown(order, item_of(order, item_id), Form())


@bp.post("/<int:order_id>/done")
@requires(Permission.DO_WORK_ORDERS)
def done(order_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    try:
        claim = Claim(_typed(), photos_sent(), version_typed())
        attesting.attest(order, None, claim, by=actor(), now=now_here())
    except (Invalid, Refused) as error:
        return _refused(order_id, error)
    db.session.commit()
    flash(_outcome(order))
    return _back(order_id)


@bp.post("/<int:order_id>/items/<int:item_id>/done")
@requires(Permission.DO_WORK_ORDERS)
def item_done(order_id: int, item_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    found = item_of(order, item_id)
    try:
        claim = Claim(_typed(), photos_sent())
        attesting.attest(order, found, claim, by=actor(), now=now_here())
    except Conflict as error:
        return _refused(order_id, error)
    except (Invalid, Refused) as error:
        return _item_refused(order_id, item_id, error)
    db.session.commit()
    flash(_outcome(order, found))
    return _back(order_id)


@bp.post("/<int:order_id>/items/<int:item_id>/skip")
@requires(Permission.DO_WORK_ORDERS)
def skip(order_id: int, item_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    found = item_of(order, item_id)
    try:
        reason = _reason()
        attesting.skip(order, found, reason, by=actor(), now=now_here())
    except Conflict as error:
        return _refused(order_id, error)
    except (Invalid, Refused) as error:
        return _item_refused(order_id, item_id, error)
    db.session.commit()
    flash(t("order.item_skipped", tag=found.asset.tag))
    return _back(order_id)


@bp.post("/<int:order_id>/move")
@requires(Permission.DO_WORK_ORDERS)
def move(order_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    status = choice_of(WorkStatus, request.form.get("to", ""))
    try:
        if status is None:
            raise Invalid("written.choice")
        work_orders.check_version(order, version_typed())
        work_orders.move(order, status, reason=_reason(), by=actor(), now=now_here())
    except ItopsError as error:
        return _refused(order_id, error)
    db.session.commit()
    flash(t("order.moved", number=order.number, status=t(f"order.status.{order.status}")))
    return _back(order_id)


@bp.post("/<int:order_id>/assign")
@requires(Permission.DO_WORK_ORDERS)
def assign(order_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    by = actor()
    whom = by.id if "take" in request.form else number_of(request.form.get("assignee_id"))
    try:
        work_orders.check_version(order, version_typed())
        if whom is not None and whom not in {one.id for one in order_pages.people(order)}:
            raise Invalid("plan.no_such_person", field="assignee_id")
        work_orders.assign(order, whom, by=by, now=now_here())
    except ItopsError as error:
        return _refused(order_id, error)
    db.session.commit()
    flash(t("order.assigned", number=order.number))
    return _back(order_id)


@bp.post("/<int:order_id>/sign")
@requires(Permission.SIGN_OFF)
def sign(order_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.SIGN_OFF)
    given: dict[str, Any] = {"version": version_typed(), "by": actor(), "now": now_here()}
    try:
        if "back" in request.form:
            signing.send_back(order, reason=_reason(), **given)
        else:
            typed = request.form.get("signature", "")[:120]
            signing.sign_off(order, typed=typed, remark=_reason(), **given)
    except ItopsError as error:
        return _refused(order_id, error)
    db.session.commit()
    flash(t("order.sent_back" if "back" in request.form else "order.signed", number=order.number))
    return _back(order_id)


@bp.post("/<int:order_id>/clear-up")
@requires(Permission.SIGN_OFF)
def clear_up(order_id: int) -> ResponseReturnValue:
    order = order_for(order_id, Permission.SIGN_OFF)
    try:
        given: dict[str, Any] = {"version": version_typed(), "by": actor(), "now": now_here()}
        signing.clear_up(order, reason=_reason(), **given)
    except ItopsError as error:
        return _refused(order_id, error)
    db.session.commit()
    flash(t("order.cleared_up", number=order.number))
    return _back(order_id)


@bp.post("/<int:order_id>/findings/<int:evidence_id>/ticket")
@requires(Permission.WORK_TICKETS)
def open_ticket(order_id: int, evidence_id: int) -> ResponseReturnValue:
    """Make a ticket of what was found out of order; whoever presses again is shown that one."""
    order = order_for(order_id, Permission.WORK_TICKETS)
    found = findings.one_of(order, evidence_id)
    if found is None:
        abort(404)
    within = reach(Permission.WORK_TICKETS)
    ticket = open_from_finding(order, found, within=within, by=actor(), at=utcnow())
    db.session.commit()
    return redirect(url_for("tickets.show", ticket_id=ticket.id))


def _reason() -> str:
    try:
        return _screened(REASON(request.form.get("reason", "")))
    except Invalid as error:
        raise Invalid(error.message.key, field="reason", **error.message.params) from None


def _typed() -> dict[str, str]:
    """Return the answers of this form; what may be a patient's is masked, and that is said."""
    return {name: _screened(text[:4000]) for name, text in request.form.items()}


def _screened(text: str) -> str:
    found = screen(text)
    if found.masked:
        flash(t("screen.masked", n=len(found.masked)), "warning")
    return found.text


def _back(order_id: int) -> ResponseReturnValue:
    return redirect(url_for("maintenance.orders.show", order_id=order_id))


def _outcome(order: WorkOrder, found: WorkOrderItem | None = None) -> str:
    """Return what became of what a person just said is done."""
    if found is not None and order.status in LIVE:
        if found.done_at is None:
            return t("order.waits_for_machine")
        return t("order.item_is_done", tag=found.asset.tag)
    return t(f"order.became.{order.status}", number=order.number)


def _refused(order_id: int, error: ItopsError) -> ResponseReturnValue:
    """Show the order as it is now, with what was typed and why it was not done."""
    db.session.rollback()
    order = order_for(order_id, Permission.VIEW_MAINTENANCE)
    code = 409 if isinstance(error, Refused) else 400
    return order_pages.shown(order, Form.refused(request.form, error)), code


def _item_refused(order_id: int, item_id: int, error: ItopsError) -> ResponseReturnValue:
    db.session.rollback()
    order = order_for(order_id, Permission.DO_WORK_ORDERS)
    found = item_of(order, item_id)
    return order_pages.item_shown(order, found, Form.refused(request.form, error)), 400
