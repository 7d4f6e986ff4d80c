"""The codes by which machines come in, and how the agent is installed with one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import EnrolmentCode, Site
from itops.services.certificates import authority_digest
from itops.services.enrolling import codes as enrolment_codes
from itops.services.enrolling import enrolment, install_lines
from itops.views.answering.language import t
from itops.views.hosts.fleet_filters import number_in
from itops.views.places.site_choice import site_typed, sites_within
from itops.views.showing.forms import Form

bp = Blueprint("enrolment", __name__, url_prefix="/enrolment")
USUAL = {"uses": "1", "days": "7"}
LONGEST_DAYS = 90
LONGEST_NOTE = 120


@dataclass(frozen=True)
class Typed:
    """What a person asks of a new code."""

    site: Site | None
    uses: int
    ends_at: datetime
    subnets: list[str]
    note: str
    approves: bool


@bp.get("")
@requires(Permission.MANAGE_HOSTS)
def index() -> ResponseReturnValue:
    return _page(Form(values=USUAL))


@bp.post("/codes")
@requires(Permission.MANAGE_HOSTS)
def make() -> ResponseReturnValue:
    """Make a code and show it, once: only its hash is kept."""
    at = utcnow()
    try:
        typed = _typed(at)
        code, text = enrolment.make_code(**vars(typed), by=actor(), at=at)
    except ItopsError as error:
        db.session.rollback()
        return _page(Form.refused(request.form, error)), 400
    db.session.commit()
    return _page(Form(values=USUAL), code=code, text=text)


@bp.post("/codes/<int:code_id>/end")
@requires(Permission.MANAGE_HOSTS)
def end(code_id: int) -> ResponseReturnValue:
    code = in_scope_or_404(EnrolmentCode, code_id, Permission.MANAGE_HOSTS)
    enrolment.end_code(code, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("enrolment.code_ended", hint=code.hint), "ok")
    return redirect(url_for(".index"))


def _page(form: Form, code: EnrolmentCode | None = None, text: str = "") -> str:
    at = utcnow()
    within = reach(Permission.MANAGE_HOSTS)
    found = enrolment_codes.codes(within.condition(EnrolmentCode))
    return render_template(
        "enrolment/index.html",
        at=at,
        form=form,
        made=code,
        text=text,
        lines=install_lines.of(settings().own_url, text, authority=authority_digest(settings())),
        codes=found,
        open_codes={one.id for one in found if enrolment_codes.is_open(one, at)},
        sites=sites_within(),
        is_everywhere=within.everywhere,
        is_public=bool(settings().public_url),
        needs_https=settings().public_url.startswith("http://"),
    )


def _typed(at: datetime) -> Typed:
    """Read the form; raise Invalid with the field that is wrong."""
    days = number_in(request.form, "days")
    if days is None or not 1 <= days <= LONGEST_DAYS:
        raise Invalid("enrolment.days_wrong", field="days", most=LONGEST_DAYS)
    subnets = request.form.get("subnets", "").replace("，", ",").replace(" ", ",").split(",")
    return Typed(
        site=site_typed(),
        uses=number_in(request.form, "uses") or 0,
        ends_at=at + timedelta(days=days),
        subnets=[subnet for subnet in subnets if subnet],
        note=request.form.get("note", "").strip()[:LONGEST_NOTE],
        approves=False,
    )
