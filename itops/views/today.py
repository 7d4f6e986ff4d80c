"""Today: what is to be done, in the order of the way through the buildings. Made for a phone."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.services import first_steps
from itops.services.maintenance import walk
from itops.services.places import tree as place_tree
from itops.services.tickets import limits
from itops.views import overviews
from itops.views.answering.frame import is_open
from itops.views.maintenance.here import now_here

bp = Blueprint("today", __name__, url_prefix="/today")


@bp.get("")
@requires(Permission.VIEW_MAINTENANCE)
def show() -> ResponseReturnValue:
    now, within = now_here(), reach(Permission.VIEW_MAINTENANCE)
    four = overviews.of_reader(now)
    is_all = "all" in request.args or not may(Permission.DO_WORK_ORDERS)
    found = walk.day(
        now,
        within=within,
        whose=None if is_all else current_user.id,
        tree=place_tree.load(),
    )
    return render_template(
        "today/show.html",
        day=found,
        now=now,
        today=now.today,
        is_all=is_all,
        by_due="due" in request.args,
        entries=sorted((e for s in found.stops for e in s.entries), key=lambda e: e.due),
        seconds_left=limits.seconds_left,
        may_do=may(Permission.DO_WORK_ORDERS),
        ticket_page=is_open("tickets.show"),
        four=four,
        is_blind=not any(four.values()) and first_steps.is_blind(),
        first_steps_url=url_for("welcome.first_steps") if is_open("welcome.first_steps") else "",
        walks=overviews.walks(),
        page_of=overviews.page_of,
        thing_url=overviews.thing_url,
        thing_name=overviews.thing_name,
        has_walk=may(Permission.DO_WORK_ORDERS)
        or bool(found.stops or found.done or found.tomorrow),
        is_one_site=len({s.site.id for s in found.stops if s.site}) <= 1,
    )
