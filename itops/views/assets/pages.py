"""Assets: the list with its filters, and the page of one."""

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.auth.sessions import settings
from itops.checks.base import BOARD_ORDER
from itops.clock import utcnow
from itops.db import db
from itops.models import Asset, AssetEvent, AssetType, Host, HostState, Lifecycle, WorkOrder
from itops.models.asset import MOVES
from itops.services.assets import listing as asset_listing
from itops.services.assets import places as asset_places
from itops.services.assets.facts import yuan
from itops.services.assets.listing import NO_HOST
from itops.services.maintenance import order_list
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.neighbours import neighbours
from itops.services.places import paths as place_paths
from itops.services.search.finding import MOST_FOUND
from itops.views.answering.frame import is_open
from itops.views.answering.language import language
from itops.views.assets import exports as asset_exports
from itops.views.assets import imports as asset_imports
from itops.views.assets import writing as asset_writing
from itops.views.assets.filters import filter_address, page_addresses, wanted_from
from itops.views.checking import beside
from itops.views.modules.seeing import sees, url_of

bp = Blueprint("assets", __name__, url_prefix="/assets")
for part in (asset_exports.bp, asset_imports.bp, asset_writing.bp):
    bp.register_blueprint(part)

#: So much of the timeline stands on the page.
TIMELINE = 50


@bp.get("")
@requires(Permission.VIEW_ASSETS)
def index() -> ResponseReturnValue:
    wanted, within = wanted_from(request.args), reach(Permission.VIEW_ASSETS)
    place = {name: request.args.get(name, "")[:40] for name in ("after", "before")}
    page = asset_listing.page(wanted, within=within, at=utcnow(), **place)
    sites = asset_places.site_names(within, language())
    # The departments of one site: those of two hundred sites are called the same.
    chosen = wanted.site_id or (sites[0][0] if len(sites) == 1 else None)
    departments = asset_places.department_names(within, chosen, language()) if chosen else []
    types = list(db.session.scalars(select(AssetType).order_by(AssetType.position)))
    return render_template(
        "assets/index.html",
        wanted=wanted,
        page=page,
        types=types,
        lifecycles=list(Lifecycle),
        healths=[*BOARD_ORDER, NO_HOST],
        sites=sites,
        departments=departments,
        most_found=MOST_FOUND,
        with_filter=filter_address(wanted),
        pages=page_addresses(wanted, page),
        is_limited=not within.everywhere,
        can=lambda name: may(Permission(name)),
    )


@bp.get("/<int:asset_id>")
@requires(Permission.VIEW_ASSETS)
def show(asset_id: int) -> ResponseReturnValue:
    near = asset_listing.SURROUNDINGS
    asset, at = in_scope_or_404(Asset, asset_id, Permission.VIEW_ASSETS, beside=near), utcnow()
    events = select(AssetEvent).where(AssetEvent.asset_id == asset.id)
    timeline = list(db.session.scalars(events.order_by(AssetEvent.id.desc()).limit(TIMELINE)))
    host = db.session.scalar(select(Host).where(Host.asset_id == asset.id, asset_listing.IS_LIVE))
    state = db.session.get(HostState, host.id) if host else None
    return render_template(
        "assets/show.html",
        asset=asset,
        path=place_paths.written(place_paths.way_to(asset.location), language()),
        price=yuan(asset.price_fen or 0),
        today=at.astimezone(ZoneInfo(settings().time_zone)).date(),
        timeline=timeline,
        most=TIMELINE,
        host=host,
        host_url=_host_url(host) if host else "",
        last_seen_at=state.last_seen_at if state else None,
        shown=state.shown(at) if state else None,
        checks=beside.checks_of(asset, at=at),
        falling=neighbours(Node(NodeKind.ASSET, asset.id), sees).falling,
        url_of=url_of,
        moves=[step for step in Lifecycle if step in MOVES[asset.lifecycle]],
        may_edit=_reaches(asset, Permission.EDIT_ASSETS),
        label_url=url_for("labels.of_asset", asset_id=asset.id)
        if _reaches(asset, Permission.PRINT_LABELS)
        else "",
        tickets_url=url_for("tickets.index", asset=asset.id, status="all")
        if _reaches(asset, Permission.VIEW_TICKETS)
        else "",
    )


def _host_url(host: Host) -> str:
    """Return the machine's own page; who holds a role for a department sees its name only."""
    within = reach(Permission.VIEW_HEALTH)
    may_open = is_open("hosts.show") and within.covers(site_id=host.site_id, asset_id=host.asset_id)
    return url_for("hosts.show", host_id=host.id) if may_open else ""


def _reaches(asset: Asset, permission: Permission) -> bool:
    return reach(permission).covers(
        site_id=asset.site_id, department_id=asset.department_id, asset_id=asset.id
    )


def _orders(asset: Asset) -> list[WorkOrder] | None:
    """Return the newest work orders of an asset; None for whoever sees no orders."""
    if not may(Permission.VIEW_MAINTENANCE):
        return None
    return order_list.of_asset(asset.id, within=reach(Permission.VIEW_MAINTENANCE))
