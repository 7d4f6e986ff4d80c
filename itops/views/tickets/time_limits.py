"""Time limits of tickets: what a head promises, by priority, and the hours in which it runs."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError
from itops.services.tickets import limit_facts
from itops.views.answering.language import t
from itops.views.showing.forms import Form

bp = Blueprint("limits", __name__)


@bp.get("/limits")
@requires(Permission.SET_TIME_LIMITS)
def show() -> ResponseReturnValue:
    return _page(Form(limit_facts.typed_of()))


@bp.post("/limits")
@requires(Permission.SET_TIME_LIMITS)
def save() -> ResponseReturnValue:
    if not reach(Permission.SET_TIME_LIMITS).everywhere:
        abort(403)
    try:
        limit_facts.save(limit_facts.parse(request.form), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _page(Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("limit.saved"))
    return redirect(url_for(".show"), 303)


def _page(form: Form) -> str:
    names = ("days", "spans", "days_off")
    labels = {name: t(f"limit.{name}_label") for name in names}
    for number in (1, 2, 3, 4):
        word = t(f"ticket.priority.{number}")
        labels[f"response_{number}"] = f"{word}: {t('limit.response')}"
        labels[f"resolution_{number}"] = f"{word}: {t('limit.resolution')}"
    return render_template("tickets/limits.html", form=form, labels=labels)
