"""The page of one ticket; after a refused step it still holds what was typed there."""

from typing import Any

from flask import render_template, url_for
from sqlalchemy import select

from itops.auth.permissions import Permission, may
from itops.auth.scopes import reach, scoped
from itops.clock import utcnow
from itops.db import db
from itops.i18n import name_in
from itops.models import Attachment, Ticket, TicketEvidence, TicketStatus, WorkOrder
from itops.models.ticket import MOVES, OPEN
from itops.services.places import paths as place_paths
from itops.services.tickets import limits, timeline, working
from itops.services.tickets.priorities import explained
from itops.views.answering.frame import is_open, reader
from itops.views.answering.language import language
from itops.views.showing import formats
from itops.views.showing.forms import Form


def ticket_page(ticket: Ticket, form: Form | None = None, refused: str = "") -> str:
    """Return the page; given a form that was not taken, `refused` names the step it was for."""
    form = form or Form()
    works = reach(Permission.WORK_TICKETS).covers(
        site_id=ticket.site_id, department_id=ticket.department_id
    )
    return render_template(
        "tickets/show.html",
        ticket=ticket,
        form=form,
        refused=refused,
        at=utcnow(),
        seconds_left=limits.seconds_left,
        why=explained(ticket.impact, ticket.urgency),
        left=_left(ticket),
        path=place_paths.written(place_paths.way_to(ticket.location), language()),
        lines=timeline.lines(ticket, with_internal=works),
        reports=timeline.reports(ticket),
        merged=timeline.merged_into(ticket),
        others=timeline.same_device(ticket),
        is_open=ticket.status in OPEN,
        works=works,
        **_kept_with(ticket),
        **(_work_on(ticket) if works else {}),
        told=form if refused == "announce" else _told(ticket),
    )


def _kept_with(ticket: Ticket) -> dict[str, Any]:
    photos = select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)
    kept = db.session.get(TicketEvidence, ticket.id)
    known = kept.document["orders"] if kept else []
    found_in = ticket.finding.order_id if ticket.finding else None
    seen = _orders_seen({ticket.order_id, found_in, *(one["id"] for one in known)})
    return {
        "evidence": kept,
        "orders_of_device": [one for one in known if one["id"] in seen],
        "attachments": list(db.session.scalars(photos)),
        "sees_order": ticket.order_id in seen,
        "sees_finding": found_in in seen,
        "order_url": _order_url(ticket.order_id, seen),
        "finding_url": _order_url(found_in, seen),
    }


def _orders_seen(ids: set[int | None]) -> set[int | None]:
    """Return which of these orders this request's person may see: a ticket may have moved on."""
    if not ids - {None}:
        return set()
    wanted = select(WorkOrder.id).where(WorkOrder.id.in_(ids - {None}))
    return set(db.session.scalars(scoped(wanted, WorkOrder, Permission.VIEW_MAINTENANCE)))


def _work_on(ticket: Ticket) -> dict[str, Any]:
    """Return what only those who work on tickets choose from."""
    return {
        "may_order": may(Permission.DO_WORK_ORDERS),
        "moves": [one for one in TicketStatus if one in _moves(ticket)],
        "workers": working.workers(ticket, at=utcnow()),
    }


def _moves(ticket: Ticket) -> set[TicketStatus]:
    """Return where its page offers to take it; work on a new one begins by taking it."""
    begins = {TicketStatus.IN_PROGRESS} if ticket.status is TicketStatus.NEW else set()
    return MOVES[ticket.status] - begins


def _left(ticket: Ticket) -> float | None:
    """Return how many seconds of the service time are left of a ticket that is on hold."""
    if ticket.paused_at is None or ticket.resolution_due_at is None:
        return None
    hours = limits.limits().hours_of(ticket.priority)
    return hours.between(ticket.paused_at, ticket.resolution_due_at).total_seconds()


def _order_url(order_id: int | None, seen: set[int | None]) -> str:
    """Return the address of a work order, for whoever may open it."""
    if order_id not in seen or not is_open("maintenance.orders.show"):
        return ""
    return url_for("maintenance.orders.show", order_id=order_id)


def _told(ticket: Ticket) -> Form:
    """Return the announcement as it stands; a new one begins with what its module's page says."""
    module, expected = ticket.module, ticket.expected_at
    steps = name_in(language(), module.meanwhile, module.meanwhile_en) if module else ""
    return Form(
        {
            "announcement": ticket.announcement,
            "meanwhile": ticket.meanwhile or steps,
            "expected_at": formats.moment(expected, reader()) if expected else "",
        }
    )
