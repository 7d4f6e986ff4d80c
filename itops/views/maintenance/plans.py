"""Plans: the list, a new one from a template, changing one, letting it rest."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.db import db
from itops.errors import ItopsError
from itops.models import MaintenancePlan
from itops.services.assets import places as asset_places
from itops.services.maintenance import (
    checklists,
    making,
    plan_facts,
    plan_list,
    planning,
    targets,
)
from itops.services.maintenance.plan_facts import PlanFacts
from itops.services.maintenance.plan_list import After
from itops.services.maintenance.templates import TEMPLATES
from itops.services.patient_screen import screen
from itops.views.answering.language import said, t
from itops.views.editing import Editing, Saved
from itops.views.maintenance import plan_forms
from itops.views.maintenance.here import now_here
from itops.views.merging import Both, Disputed, as_read
from itops.views.showing.choices import number_of, site_of
from itops.views.showing.forms import Form

bp = Blueprint("plans", __name__, url_prefix="/plans")
PLANS = Permission.PLAN_MAINTENANCE


@bp.get("")
@requires(Permission.VIEW_MAINTENANCE)
def index() -> ResponseReturnValue:
    within, after = reach(Permission.VIEW_MAINTENANCE), _after()
    page = plan_list.page(within.condition(MaintenancePlan), after)
    return render_template(
        "maintenance/plans.html",
        lines=page.lines,
        next_url=_next(page),
        is_first=after is None,
        rhythm=planning.rhythm,
        target_of=targets.target_of,
        is_limited=not within.everywhere,
        may_plan=may(PLANS),
    )


@bp.get("/new")
@requires(PLANS)
def new() -> ResponseReturnValue:
    key = request.args.get("template", "")
    if key not in TEMPLATES and "blank" not in request.args:
        return render_template("maintenance/templates.html", templates=TEMPLATES)
    typed = plan_forms.of_template(key, now_here().today)
    return _form(None, Form(typed | _site_asked(typed)))


@bp.post("/new")
@requires(PLANS)
def create() -> ResponseReturnValue:
    if "preview" in request.form:
        return _preview(None)
    try:
        plan = planning.create(
            _facts(request.form),
            request_key=request.form.get("request_key", "")[:64],
            within=reach(PLANS),
            by=actor(),
            now=now_here(),
        )
        making.make(plan, now_here())
    except ItopsError as error:
        db.session.rollback()
        return _form(None, Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("plan.created", name=plan.name))
    return redirect(url_for("maintenance.plans.show", plan_id=plan.id))


@bp.get("/<int:plan_id>")
@requires(Permission.VIEW_MAINTENANCE)
def show(plan_id: int) -> ResponseReturnValue:
    plan = in_scope_or_404(MaintenancePlan, plan_id, Permission.VIEW_MAINTENANCE)
    now, rule = now_here(), planning.rhythm(plan)
    within = reach(Permission.VIEW_MAINTENANCE)
    return render_template(
        "maintenance/plan.html",
        plan=plan,
        words=rule.words,
        target=targets.target_of(plan),
        machines=len(targets.covered(plan)),
        questions=checklists.questions_of(plan.checklist),
        told_range=checklists.told,
        upcoming=planning.upcoming(plan),
        orders=plan_list.orders_of(plan, within),
        order_count=plan_list.count_orders(plan, within),
        figure=plan_list.compliance_of(plan, now),
        grace=making.grace_days(rule.interval_days),
        today=now.today,
        may_plan=_may_plan(plan),
    )


@bp.get("/<int:plan_id>/edit")
@requires(PLANS)
def edit(plan_id: int) -> ResponseReturnValue:
    plan = _plan(plan_id)
    typed = plan_forms.of_plan(plan)
    return _form(plan, Form(typed | _site_asked(typed), read=as_read(typed).read))


@bp.post("/<int:plan_id>/edit")
@requires(PLANS)
def update(plan_id: int) -> ResponseReturnValue:
    return _preview(_plan(plan_id)) if "preview" in request.form else PLAN.save(plan_id)


@bp.post("/<int:plan_id>/switch")
@requires(PLANS)
def switch(plan_id: int) -> ResponseReturnValue:
    plan = _plan(plan_id)
    turn_on = request.form.get("to") == "on"
    try:
        planning.switch(plan, on=turn_on, by=actor(), now=now_here())
    except ItopsError as error:
        db.session.rollback()
        flash(said(error.message), "error")
    else:
        db.session.commit()
        flash(t("plan.resumed" if turn_on else "plan.stopped", name=plan.name))
    return redirect(url_for("maintenance.plans.show", plan_id=plan_id))


def _plan(plan_id: int) -> MaintenancePlan:
    return in_scope_or_404(MaintenancePlan, plan_id, PLANS)


def _preview(plan: MaintenancePlan | None) -> ResponseReturnValue:
    """Show the form with the days on which it would be due; nothing is written."""
    try:
        facts = _facts(request.form)
    except ItopsError as error:
        return _form(plan, Form.refused(request.form, error)), 400
    return _form(plan, Form.typed(request.form), facts=facts)


def _write(plan: MaintenancePlan, both: Both) -> Saved:
    now, facts = now_here(), _facts(both.typed)
    given: dict[str, Any] = {"within": reach(PLANS), "by": actor(), "now": now}
    planning.edit(plan, facts, version=both.version, **given)
    making.make(plan, now)
    to = url_for("maintenance.plans.show", plan_id=plan.id)
    return Saved(t("plan.saved", name=plan.name), to)


def _after() -> After | None:
    name, number = request.args.get("after_name"), number_of(request.args.get("after_id"))
    if name is None or number is None:
        return None
    return After(rests="after_resting" in request.args, name=name, plan_id=number)


def _next(page: plan_list.Page) -> str:
    if not page.has_more:
        return ""
    last = page.lines[-1].plan
    rests = None if last.is_enabled else 1
    return url_for(".index", after_name=last.name, after_id=last.id, after_resting=rests)


def _facts(form: Mapping[str, str]) -> PlanFacts:
    ticked = [str(day) for day in range(7) if form.get(f"weekday-{day}")]
    typed = {**form, "instructions": _screened(form.get("instructions", ""))}
    return plan_facts.parse(typed, weekdays=ticked, rows=plan_forms.rows_typed(form))


def _screened(text: str) -> str:
    found = screen(text[:5000])
    if found.masked:
        flash(t("screen.masked", n=len(found.masked)), "warning")
    return found.text


def _site_asked(typed: dict[str, str]) -> dict[str, str]:
    """Return the site that the address asks for, with what belonged to another one left out."""
    asked = request.args.get("site_id", "")
    if number_of(asked) is None or asked == typed.get("site_id"):
        return {}
    return {"site_id": asked, "department_id": "", "location_id": "", "module_id": ""}


def _may_plan(plan: MaintenancePlan) -> bool:
    within = reach(PLANS)
    return within.covers(site_id=plan.site_id, department_id=plan.department_id)


def _form(
    plan: MaintenancePlan | None,
    form: Form,
    theirs: Disputed = (),
    facts: PlanFacts | None = None,
) -> str:
    sites = asset_places.sites(reach(PLANS))
    site = site_of(sites, form.values.get("site_id"))
    options = plan_forms.options(site)
    return render_template(
        "maintenance/plan_form.html",
        plan=plan,
        form=form,
        sites=sites,
        site=site,
        theirs=theirs,
        options=options,
        choices=plan_forms.choices(options),
        rows=plan_forms.row_count(form.values),
        preview=planning.preview(facts.recurrence, facts.starts_on) if facts else [],
        words=facts.recurrence.words if facts else None,
        counts_from_completion=facts is not None and facts.counts == "completion",
        template=request.args.get("template", ""),
        labels=plan_forms.labels(),
    )


PLAN = Editing(
    find=_plan,
    shown=plan_forms.of_plan,
    write=_write,
    page=_form,
    labels=lambda _: plan_forms.labels(),
    matters=plan_forms.MATTERS,
    boxes=plan_forms.BOXES,
)
