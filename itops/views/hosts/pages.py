"""The hosts: lists of them, and one of them with all that is known of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import (
    Blueprint,
    abort,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach, scoped
from itops.checks import metrics
from itops.checks.forecast import Forecast
from itops.clock import utcnow
from itops.db import Base, db
from itops.errors import Invalid
from itops.models import Alert, Enrolment, Host, SystemModule, Ticket
from itops.services.history import forecasting, reading
from itops.services.hosts import beside as host_beside
from itops.services.hosts import listing as host_list
from itops.services.hosts import page as host_page
from itops.services.hosts import software as host_software
from itops.services.hosts.beside import Beside
from itops.services.hosts.listing import Asked, Listing
from itops.services.hosts.page import Disk
from itops.services.places import tree as place_tree
from itops.views.answering.frame import is_open
from itops.views.answering.language import t
from itops.views.hosts import charts as host_charts
from itops.views.hosts import findings as host_findings
from itops.views.hosts.charts import Span
from itops.views.hosts.fleet_filters import Filters, number_in
from itops.views.hosts.health import Part, watching
from itops.views.showing.choices import choice_of, number_of

bp = Blueprint("hosts", __name__, url_prefix="/hosts")
HOST = "<int:host_id>"
LONGEST_SEARCH = 100
LONGEST_METRIC = 300
#: Changes of the inventory on its page.
MOST_CHANGES = 50
#: Disks that a page draws and forecasts; the worst come first.
MOST_FORECASTS = 4


@bp.get("")
@requires(Permission.VIEW_HEALTH)
def index() -> ResponseReturnValue:
    watch, filters, asked = watching(), Filters.of(request.args), asked_for()
    tree = place_tree.load() if filters else place_tree.PlaceTree({}, {})
    return render_template(
        "hosts/index.html",
        at=watch.at,
        tree=tree,
        filters=filters,
        asked=asked,
        tabs=_tabs(asked, host_list.counts(watch)),
        states=_states(asked, filters),
        page=host_list.page(watch, asked, filters.narrowing(tree)),
        types=watch.types,
        may_enrol=may(Permission.MANAGE_HOSTS),
    )


def asked_for() -> Asked:
    """Read from the address which hosts to list; what is not understood is not asked for."""
    state = request.args.get("state", "")
    return Asked(
        listing=choice_of(Listing, request.args.get("list", "")) or Listing.ALL,
        state=state if state in host_list.STANDINGS else "",
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        after=number_of(request.args.get("after")) or 0,
    )


def _tabs(asked: Asked, counts: dict[Listing, int]) -> list[Part]:
    """Return the lists; that of every host ever is where the one search leads, and no daily one."""
    here = url_for(".index")
    return [
        Part(
            t(f"hosts.list.{one.value}"),
            here if one is Listing.ALL else f"{here}?list={one.value}",
            counts.get(one),
            is_current=asked.listing is one,
        )
        for one in Listing
        if one is not Listing.EVERY or asked.listing is one
    ]


def _states(asked: Asked, filters: Filters) -> list[Part]:
    """Return the chips that narrow a list to one state."""
    here, kept = url_for(".index"), {"q": asked.text}
    if asked.listing is not Listing.ALL:
        return []
    every = Part(t("hosts.every_state"), here + filters.query(**kept), is_current=not asked.state)
    return [
        every,
        *(
            Part(
                t("hosts.quiet") if name == "quiet" else t(f"state.{name}"),
                here + filters.query(**kept, state=name),
                state="unknown" if name == "quiet" else name,
                is_current=asked.state == name,
            )
            for name in host_list.STANDINGS
        ),
    ]


@bp.get(f"/{HOST}")
@requires(Permission.VIEW_HEALTH)
def show(host_id: int) -> ResponseReturnValue:
    at, host = utcnow(), found(host_id)
    if host.enrolment is Enrolment.PENDING:
        return redirect(url_for("pending.examine", host_id=host.id))
    page, span = host_page.read(host), host_charts.span_in(request.args, at)
    disks = page.disks()
    drawn = host_charts.chosen(
        reading.metrics_of(host.id),
        [f"disk.used_percent:{disk.mount}" for disk in disks[:MOST_FORECASTS]],
    )
    return render_template(
        "hosts/show.html",
        at=at,
        page=page,
        host=host,
        shown=page.state.shown(at),
        disks=disks,
        span=span,
        ranges=_ranges(host.id, span),
        drawings=host_charts.drawings(host.id, drawn, span),
        timedelta=timedelta,
        limit_text=host_findings.limit_text,
        forecasts=_forecasts(host, disks, at),
        beside=_beside(host),
        may_manage=within_reach(host, Permission.MANAGE_HOSTS),
        has_assets=is_open("assets.show"),
    )


@bp.get(f"/{HOST}/series")
@requires(Permission.VIEW_HEALTH)
def series(host_id: int) -> ResponseReturnValue:
    """Answer one metric over a time as JSON, for the chart script."""
    host, metric = found(host_id), request.args.get("metric", "")
    if metric.partition(":")[0] not in metrics.FAMILIES or len(metric) > LONGEST_METRIC:
        raise Invalid("filter.choice_wrong", field="metric")
    span = host_charts.span_in(request.args, utcnow())
    step, unit = number_in(request.args, "step"), request.args.get("unit", "")
    return jsonify(host_charts.as_json(host.id, metric, span, step, unit))


@bp.get(f"/{HOST}/inventory")
@requires(Permission.VIEW_HEALTH)
def inventory(host_id: int) -> ResponseReturnValue:
    host = found(host_id)
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    newest = host_software.inventory_of(host)
    return render_template(
        "hosts/inventory.html",
        at=utcnow(),
        host=host,
        inventory=newest,
        text=text,
        identifiers=host_page.identifiers(host),
        changes=host_page.changes_of(host, MOST_CHANGES),
        software=host_software.page(newest, text, request.args.get("after", ""))
        if newest
        else None,
    )


def found(host_id: int) -> Host:
    """Return the host with its asset and place, if the reader may see it; else it is not there."""
    statement = select(Host).where(Host.id == host_id).options(*host_page.with_places())
    host = db.session.scalar(scoped(statement, Host, Permission.VIEW_HEALTH))
    if host is None:
        abort(404)
    return host


def within_reach(host: Host, permission: Permission) -> bool:
    """Whether the reader holds `permission` for this host."""
    return may(permission) and reach(permission).covers(site_id=host.site_id)


def _forecasts(host: Host, disks: Sequence[Disk], at: datetime) -> dict[str, Forecast]:
    """Return when the fullest disks will be full, by mount point."""
    mounts = [disk.mount for disk in disks if disk.used_percent is not None]
    return forecasting.disk_forecasts(host.id, mounts[:MOST_FORECASTS], at=at)


def _beside(host: Host) -> Beside:
    """Return the alerts, tickets and modules of a host, as far as the reader may see them."""
    return host_beside.beside(
        host,
        alerts=_seen(Alert, Permission.VIEW_ALERTS),
        tickets=_seen(Ticket, Permission.VIEW_TICKETS),
        modules=_seen(SystemModule, Permission.VIEW_MODULES),
    )


def _seen(model: type[Base], permission: Permission) -> ColumnElement[bool] | None:
    return reach(permission).condition(model) if may(permission) else None


def _ranges(host_id: int, span: Span) -> list[Part]:
    here = url_for(".show", host_id=host_id)
    return [
        Part(t(f"host.range.{name}"), f"{here}?range={name}#charts", is_current=span.name == name)
        for name in host_charts.RANGES
    ]
