"""The queue of tickets, and where the page of one is found."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.models import Ticket, TicketStatus, What
from itops.services.assets import places as asset_places
from itops.services.search.finding import MOST_FOUND
from itops.services.tickets import limits, listing
from itops.views.answering.language import language, t
from itops.views.tickets import acts, desk, editing, steps, time_limits
from itops.views.tickets.filters import (
    after_from,
    filter_address,
    next_address,
    wanted_from,
)
from itops.views.tickets.page import ticket_page

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
for part in (acts.bp, desk.bp, editing.bp, steps.bp, time_limits.bp):
    bp.register_blueprint(part)


@bp.get("")
@requires(Permission.VIEW_TICKETS)
def index() -> ResponseReturnValue:
    wanted, within, at = wanted_from(request.args), reach(Permission.VIEW_TICKETS), utcnow()
    after = after_from(request.args)
    page = listing.page(wanted, within=within, at=at, language=language(), after=after)
    sites = asset_places.site_names(within, language())
    chosen = wanted.site_id or (sites[0][0] if len(sites) == 1 else None)
    return render_template(
        "tickets/index.html",
        wanted=wanted,
        page=page,
        at=at,
        seconds_left=limits.seconds_left,
        statuses=[one for one in TicketStatus if one is not TicketStatus.NEW],
        sites=sites,
        departments=asset_places.department_names(within, chosen, language()) if chosen else [],
        whats={one: t(f"ticket.what.{one}") for one in What},
        words={one: t(f"ticket.status.{one}") for one in TicketStatus},
        priorities={one: t(f"ticket.priority.{one}") for one in (1, 2, 3, 4)},
        most_found=MOST_FOUND,
        with_filter=filter_address(wanted),
        next_url=next_address(wanted, page),
        first_url=filter_address(wanted)() if request.args.get("after") else "",
        is_limited=not within.everywhere,
        may_open=may(Permission.WORK_TICKETS),
        may_set_limits=reach(Permission.SET_TIME_LIMITS).everywhere,
        may_print=may(Permission.PRINT_LABELS),
    )


@bp.get("/<int:ticket_id>")
@requires(Permission.VIEW_TICKETS)
def show(ticket_id: int) -> ResponseReturnValue:
    return ticket_page(in_scope_or_404(Ticket, ticket_id, Permission.VIEW_TICKETS))
