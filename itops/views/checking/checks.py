"""The checks: a list of them, worst first, and one of them with all that is known of it."""

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.checks.catalogue import CHECKS
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid
from itops.models import Check, CheckChange, CheckTranscript
from itops.services.checking import host_keys, listing, standing
from itops.services.checking.listing import Asked
from itops.services.checking.standing import Standing
from itops.services.history import reading
from itops.views.answering.language import t
from itops.views.checking import acts, check_charts
from itops.views.checking.facts_shown import told_limits, told_params
from itops.views.checking.seeing import about, address_of, found, kind_name, within
from itops.views.hosts import charts as host_charts
from itops.views.hosts.charts import Span
from itops.views.hosts.fleet_filters import number_in
from itops.views.hosts.health import Part

bp = Blueprint("checks", __name__, url_prefix="/checks")
LONGEST_SEARCH = 100
LONGEST_METRIC = 300
#: Changes of state on a check's page.
MOST_CHANGES = 30


@bp.get("")
@requires(Permission.VIEW_CHECKS)
def index() -> ResponseReturnValue:
    at, asked, reached = utcnow(), asked_for(), reach(Permission.VIEW_CHECKS)
    everywhere = reached.condition(Check)
    page = listing.page(asked, everywhere, at=at)
    return render_template(
        "checks/index.html",
        at=at,
        asked=asked,
        page=page,
        tabs=_tabs(asked, standing.counts(everywhere, at=at)),
        kinds=[(name, t(kind.key)) for name, kind in CHECKS.items()],
        kind_name=kind_name,
        about=about,
        address_of=address_of,
        Standing=Standing,
        next_url=_address(asked, after=page.next_after) if page.next_after else "",
        first_url=_address(asked) if asked.after else "",
        may_manage=may(Permission.MANAGE_CHECKS),
        may_hold_keys=may(Permission.MANAGE_CREDENTIALS),
        is_limited=not reached.everywhere,
    )


def asked_for() -> Asked:
    """Read from the address which checks to list; raise Invalid with the name of a wrong part."""
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    if state and state.upper() not in Standing.__members__:
        raise Invalid("filter.choice_wrong", field="state")
    if kind and kind not in CHECKS:
        raise Invalid("filter.choice_wrong", field="kind")
    return Asked(
        standing=Standing[state.upper()] if state else None,
        kind=kind,
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        asset_id=number_in(request.args, "asset"),
        module_id=number_in(request.args, "module"),
        after=number_in(request.args, "after") or 0,
    )


def _address(asked: Asked, *, after: int = 0) -> str:
    return url_for(
        ".index",
        state=asked.standing.name.lower() if asked.standing is not None else None,
        kind=asked.kind or None,
        q=asked.text or None,
        asset=asked.asset_id,
        module=asked.module_id,
        after=after or None,
    )


def _tabs(asked: Asked, counts: dict[Standing, int]) -> list[Part]:
    every = Part(t("checks.every"), url_for(".index"), sum(counts.values()))
    chips = [
        Part(
            t("checks.off") if one is Standing.OFF else t(f"state.{one.state}"),
            url_for(".index", state=one.name.lower()),
            counts[one],
            state="" if one is Standing.OFF else one.state.value,
            is_current=asked.standing is one,
        )
        for one in Standing
        if counts[one] or one is not Standing.OFF
    ]
    return [_current(every) if asked.standing is None else every, *chips]


def _current(part: Part) -> Part:
    return Part(part.text, part.url, part.count, is_current=True)


@bp.get("/<int:check_id>")
@requires(Permission.VIEW_CHECKS)
def show(check_id: int) -> ResponseReturnValue:
    at, check = utcnow(), found(check_id)
    span = host_charts.span_in(request.args, at)
    changes = select(CheckChange).where(CheckChange.check_id == check.id)
    newest = changes.order_by(CheckChange.at.desc(), CheckChange.id.desc()).limit(MOST_CHANGES)
    return render_template(
        "checks/show.html",
        at=at,
        check=check,
        shown=check.shown(at),
        kind_name=kind_name(check.kind),
        about=about(check),
        address=address_of(check),
        params=told_params(check),
        limits=told_limits(check),
        progress=acts.progress_of(check, at=at),
        changes=db.session.scalars(newest).all(),
        transcript=db.session.get(CheckTranscript, check.id),
        span=span,
        ranges=_ranges(check.id, span),
        drawings=check_charts.drawings(check, reading.metrics_of_check(check.id), span),
        keys=host_keys.waiting_for(address_of(check), check.port),
        may_decide=within(check, Permission.MANAGE_CREDENTIALS),
        may_manage=within(check, Permission.MANAGE_CHECKS),
        may_run=within(check, Permission.RUN_CHECKS),
    )


@bp.get("/<int:check_id>/series")
@requires(Permission.VIEW_CHECKS)
def series(check_id: int) -> ResponseReturnValue:
    """Answer one figure over a time as JSON, for the chart script."""
    check, metric = found(check_id), request.args.get("metric", "")
    if not metric or len(metric) > LONGEST_METRIC:
        raise Invalid("filter.choice_wrong", field="metric")
    span = host_charts.span_in(request.args, utcnow())
    step, unit = number_in(request.args, "step"), request.args.get("unit", "")
    return jsonify(check_charts.as_json(check, metric, span, step, unit))


def _ranges(check_id: int, span: Span) -> list[Part]:
    here = url_for(".show", check_id=check_id)
    return [
        Part(t(f"host.range.{name}"), f"{here}?range={name}#charts", is_current=span.name == name)
        for name in host_charts.RANGES
    ]
