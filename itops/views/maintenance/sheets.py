"""What hangs on the wall: the month, as a calendar or a list, and the day's sheet to be signed."""

from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.models import MaintenancePlan, WorkOrder
from itops.services.maintenance import calendar, checklists, walk
from itops.services.places import tree as place_tree
from itops.views.maintenance.here import now_here
from itops.views.showing.choices import day_of

bp = Blueprint("sheets", __name__)


@bp.get("/calendar")
@requires(Permission.VIEW_MAINTENANCE)
def month() -> ResponseReturnValue:
    now, within = now_here(), reach(Permission.VIEW_MAINTENANCE)
    first, last = calendar.month_of(_month(now.today))
    mine = "mine" in request.args
    found = calendar.days(
        first,
        last,
        orders_within=within.condition(WorkOrder),
        plans_within=within.condition(MaintenancePlan),
        whose=current_user.id if mine else None,
    )
    return render_template(
        "maintenance/calendar.html",
        first=first,
        last=last,
        weeks=calendar.weeks(first, last),
        days=found.days,
        left_out=found.left_out,
        today=now.today,
        mine=mine,
        as_list="list" in request.args,
        before=first - timedelta(days=1),
        after=last + timedelta(days=1),
    )


@bp.get("/day/<day>")
@requires(Permission.VIEW_MAINTENANCE)
def day_sheet(day: str) -> ResponseReturnValue:
    on = day_of(day)
    now = now_here()
    if on is None or abs(on - now.today) > calendar.REACH:
        abort(404)
    within = reach(Permission.VIEW_MAINTENANCE)
    orders = within.condition(WorkOrder)
    whose = current_user.id if "mine" in request.args else None
    due = calendar.days(
        on,
        on,
        orders_within=orders,
        plans_within=within.condition(MaintenancePlan),
        whose=whose,
    )
    found = due.days.get(on, calendar.CalendarDay(on))
    late = walk.overdue(now, within=orders, whose=whose) if on == now.today else walk.Overdue()
    tree = place_tree.load()
    entries = [walk.Entry(walk.What.ORDER, one, one.location_id) for one in found.orders]
    return render_template(
        "maintenance/day_sheet.html",
        on=on,
        today=now.today,
        overdue=late,
        overdue_stops=walk.stops(late.entries, tree),
        stops=walk.stops(entries, tree),
        plans=found.plans,
        left_out=due.left_out,
        questions_of=checklists.questions_of,
        told_range=checklists.told,
        mine="mine" in request.args,
    )


def _month(today: date) -> date:
    """Return a day of the month that the address names ("2026-11"), else of this one."""
    asked = day_of(request.args.get("month", "")[:7] + "-01")
    return asked if asked and abs(asked - today) <= calendar.REACH else today
