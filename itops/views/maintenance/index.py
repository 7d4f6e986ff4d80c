"""The list of work orders with its filters, and how well the plans are kept."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.services.assets import places as asset_places
from itops.services.maintenance import compliance, order_list
from itops.services.maintenance.order_list import Shelf, Wanted
from itops.views.answering.language import language
from itops.views.maintenance import feeds, orders, plans, sheets
from itops.views.maintenance.here import now_here
from itops.views.showing.choices import choice_of, day_of, number_of, typed_in

bp = Blueprint("maintenance", __name__, url_prefix="/maintenance")
for part in (feeds.bp, orders.bp, plans.bp, sheets.bp):
    bp.register_blueprint(part)

#: Compliance is told of so many days.
LOOKS_BACK = timedelta(days=90)


@bp.get("")
@requires(Permission.VIEW_MAINTENANCE)
def index() -> ResponseReturnValue:
    now, within = now_here(), reach(Permission.VIEW_MAINTENANCE)
    wanted, mine = _wanted(), "mine" in request.args
    narrowed = wanted.conditions(within)
    page = order_list.page(wanted, within=within, today=now.today, after=_after())
    figure = compliance.figure(
        *narrowed,
        first=now.today - LOOKS_BACK,
        last=now.today,
        today=now.today,
    )
    return render_template(
        "maintenance/index.html",
        wanted=wanted,
        mine=mine,
        page=page,
        shelves=list(Shelf),
        counts=order_list.counts(*narrowed, today=now.today),
        figure=figure,
        days=LOOKS_BACK.days,
        today=now.today,
        sites=asset_places.site_names(within, language()),
        with_filter=_address,
        next_url=_next(page),
        is_limited=not within.everywhere,
        can=lambda name: may(Permission(name)),
    )


def _wanted() -> Wanted:
    args = request.args
    return Wanted(
        shelf=choice_of(Shelf, args.get("shelf", "")) or Shelf.TO_DO,
        whose=current_user.id if "mine" in args else None,
        site_id=number_of(args.get("site")),
        asset_id=number_of(args.get("asset")),
        plan_id=number_of(args.get("plan")),
        first=day_of(args.get("first", "")),
        last=day_of(args.get("last", "")),
        q=typed_in(args),
    )


def _address(**changed: Any) -> str:
    """Return the list's address with some filters changed, from its beginning."""
    names = ("shelf", "mine", "site", "asset", "plan", "first", "last", "q")
    now: dict[str, Any] = {name: request.args[name][:200] for name in names if name in request.args}
    return url_for("maintenance.index", **{k: v for k, v in (now | changed).items() if v})


def _after() -> tuple[date, int] | None:
    on, _, key = request.args.get("after", "").partition(" ")
    day, number = day_of(on), number_of(key)
    return (day, number) if day is not None and number is not None else None


def _next(page: order_list.Page) -> str:
    if not page.has_next:
        return ""
    last = page.lines[-1].order
    return _address(after=f"{last.due_on} {last.id}")
