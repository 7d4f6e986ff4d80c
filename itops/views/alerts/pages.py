"""Alerts: the lists with their filters, and the page of one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.models import Alert, AlertEvent, Ticket
from itops.models.alert import HARD
from itops.services.alerting import delivery_log, listing, quiets
from itops.services.alerting.listing import Key
from itops.services.alerting.surroundings import nodes_of
from itops.services.modules.neighbours import neighbours
from itops.views.alerts import curves, filters, machines
from itops.views.answering.frame import is_open
from itops.views.answering.language import t
from itops.views.modules.seeing import sees, url_of
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form

bp = Blueprint("alerts", __name__, url_prefix="/alerts")
#: Lines of a timeline, and of what an alert explains, on its page.
TIMELINE, EXPLAINED = 100, 50
LATEST_EPOCH = 4_000_000_000


@bp.context_processor
def rights() -> dict[str, Callable[[], bool]]:
    """Tell the pages of alerts what else their reader may open and do."""
    return {
        "sees_deliveries": lambda: reach(Permission.VIEW_DELIVERIES).everywhere,
        "manages_channels": lambda: reach(Permission.MANAGE_CHANNELS).everywhere,
    }


@bp.get("")
@requires(Permission.VIEW_ALERTS)
def index() -> ResponseReturnValue:
    at, wanted, within = utcnow(), filters.wanted_from(request.args), condition()
    page = listing.page(wanted, within, at=at, after=Key.read(request.args.get("after", "")))
    return render_template(
        "alerts/index.html",
        at=at,
        wanted=wanted,
        page=page,
        tabs=filters.tabs(wanted, within),
        chips=filters.chips(wanted, within),
        criticalities=filters.criticalities(wanted),
        sites=filters.sites(),
        address=filters.address(wanted),
        next_url=filters.address(wanted, after=str(page.next)) if page.next else "",
        is_first="after" not in request.args,
        is_limited=not reach(Permission.VIEW_ALERTS).everywhere,
        may_handle=may(Permission.HANDLE_ALERTS),
    )


@bp.get("/news")
@requires(Permission.VIEW_ALERTS)
def news() -> ResponseReturnValue:
    """Answer how many alerts were opened since the list was drawn."""
    since = min(number_of(request.args.get("since", "")) or 0, LATEST_EPOCH)
    wanted = filters.wanted_from(request.args)
    count = listing.opened_since(wanted, condition(), datetime.fromtimestamp(since, UTC))
    return render_template("alerts/_news.html", since=since, count=count, wanted=wanted)


@bp.get("/<int:alert_id>")
@requires(Permission.VIEW_ALERTS)
def show(alert_id: int) -> ResponseReturnValue:
    return page_of(in_scope_or_404(Alert, alert_id, Permission.VIEW_ALERTS), Form())


def page_of(alert: Alert, form: Form) -> str:
    """Return the page of one alert, with a form of it as it was sent."""
    at, nodes = utcnow(), nodes_of(alert)
    around = neighbours(nodes[0], sees) if nodes else None
    return render_template(
        "alerts/show.html",
        at=at,
        alert=alert,
        form=form,
        nodes=nodes,
        around=around,
        url_of=url_of,
        subject_url=subject_url(alert),
        drawings=curves.drawings(alert, at=at),
        timeline=_timeline(alert),
        deliveries=delivery_log.of_alert(alert),
        explained=_explained(alert),
        machines=machines.silent_there(alert),
        machines_url=machines.silent_url(alert),
        cause_url=_cause_url(alert),
        ticket=db.session.scalar(select(Ticket).where(Ticket.alert_id == alert.id)),
        may_open_ticket=reach(Permission.WORK_TICKETS).covers(
            site_id=alert.site_id, department_id=alert.department_id
        ),
        may_see_tickets=is_open("tickets.show"),
        silences=quiets.silences(alert, at=at),
        lengths=[(one, t(f"quiet.length.{one}")) for one in quiets.LENGTHS],
        may_handle=reach(Permission.HANDLE_ALERTS).covers(
            site_id=alert.site_id, department_id=alert.department_id
        ),
    )


def condition() -> ColumnElement[bool]:
    """Return what narrows alerts to those that the reader may see."""
    return reach(Permission.VIEW_ALERTS).condition(Alert)


def subject_url(alert: Alert) -> str:
    """Return the page of what an alert is about; empty where there is none for this reader."""
    kind = alert.subject.partition(":")[0]
    keys: dict[str, tuple[str, str, int | None]] = {
        "host": ("hosts.show", "host_id", alert.host_id),
        "module": ("modules.show", "module_id", alert.module_id),
        "check": ("checks.show", "check_id", alert.check_id),
        "backup_job": ("backups.show", "job_id", alert.backup_job_id),
    }
    if kind not in keys:
        return machines.silent_url(alert)
    endpoint, name, key = keys[kind]
    given: dict[str, Any] = {name: key}
    return url_for(endpoint, **given) if key is not None and is_open(endpoint) else ""


def _timeline(alert: Alert) -> list[AlertEvent]:
    events = select(AlertEvent).where(AlertEvent.alert_id == alert.id)
    return list(db.session.scalars(events.order_by(AlertEvent.id.desc()).limit(TIMELINE)))


def _explained(alert: Alert) -> list[Alert]:
    """Return what stands folded under this alert, as far as the reader may see it."""
    under = select(Alert).where(Alert.cause_id == alert.id, Alert.status.in_(HARD), condition())
    return list(db.session.scalars(under.order_by(Alert.id).limit(EXPLAINED)))


def _cause_url(alert: Alert) -> str:
    """Return the page of the cause, if the reader may open it."""
    cause = alert.cause
    if cause is None:
        return ""
    seen = reach(Permission.VIEW_ALERTS).covers(
        site_id=cause.site_id, department_id=cause.department_id
    )
    return url_for("alerts.show", alert_id=cause.id) if seen else ""
