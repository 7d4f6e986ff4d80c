"""The one search: everything of which its reader knows a number, a name, or a few words."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires
from itops.clock import utcnow
from itops.services.tickets import limits
from itops.views import search_groups
from itops.views.maintenance.here import now_here
from itops.views.showing.choices import typed_in

bp = Blueprint("search", __name__)


@bp.get("/search")
@requires(Permission.BE_HERE)
def results() -> ResponseReturnValue:
    typed, at = typed_in(request.args), utcnow()
    return render_template(
        "search/results.html",
        q=typed,
        groups=search_groups.groups(typed, at=at) if typed else [],
        at=at,
        today=now_here().today,
        seconds_left=limits.seconds_left,
        most=search_groups.MOST,
    )
