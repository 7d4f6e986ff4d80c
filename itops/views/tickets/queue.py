"""The queue of tickets, and the page of one."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.i18n import name_in
from itops.models import Attachment, Ticket, TicketEvidence, TicketStatus, What
from itops.models.ticket import MOVES, OPEN
from itops.services.assets import places as asset_places
from itops.services.places import paths as place_paths
from itops.services.search.finding import MOST_FOUND
from itops.services.tickets import limits, listing, timeline, working
from itops.services.tickets.priorities import explained
from itops.views.answering.frame import is_open
from itops.views.answering.language import language, t
from itops.views.tickets import acts, desk, editing, steps, time_limits
from itops.views.tickets.filters import (
    after_from,
    filter_address,
    next_address,
    wanted_from,
)

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
    ticket, at = in_scope_or_404(Ticket, ticket_id, Permission.VIEW_TICKETS), utcnow()
    works = reach(Permission.WORK_TICKETS).covers(
        site_id=ticket.site_id, department_id=ticket.department_id
    )
    kept = db.session.get(TicketEvidence, ticket.id)
    photos = select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)
    return render_template(
        "tickets/show.html",
        ticket=ticket,
        at=at,
        why=explained(ticket.impact, ticket.urgency),
        left=_left(ticket),
        path=place_paths.written(place_paths.way_to(ticket.location), language()),
        lines=timeline.lines(ticket, with_internal=works),
        reports=timeline.reports(ticket),
        evidence=kept,
        attachments=list(db.session.scalars(photos)),
        merged=timeline.merged_into(ticket),
        works=works,
        may_order=works and may(Permission.DO_WORK_ORDERS),
        order_url=_order_url(ticket),
        meanwhile=_meanwhile(ticket),
        is_open=ticket.status in OPEN,
        moves=[one for one in TicketStatus if one in MOVES[ticket.status]],
        workers=working.workers() if works else [],
        others=timeline.same_device(ticket),
    )


def _left(ticket: Ticket) -> float | None:
    """Return how many seconds of the service time are left of a ticket that is on hold."""
    if ticket.paused_at is None or ticket.resolution_due_at is None:
        return None
    hours = limits.limits().hours_of(ticket.priority)
    return hours.between(ticket.paused_at, ticket.resolution_due_at).total_seconds()


def _order_url(ticket: Ticket) -> str:
    """Return the address of the ticket's work order, for whoever may open it."""
    if ticket.order_id is None or not is_open("maintenance.orders.show"):
        return ""
    return url_for("maintenance.orders.show", order_id=ticket.order_id)


def _meanwhile(ticket: Ticket) -> str:
    """Return what its module's page says to do while it is down: the announcement begins so."""
    module = ticket.module
    return name_in(language(), module.meanwhile, module.meanwhile_en) if module else ""
