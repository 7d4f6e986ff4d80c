"""A photo or document, handed out to whoever may see what it belongs to, and only as a file."""

from urllib.parse import quote

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach, scoped
from itops.db import db
from itops.models import Attachment, Ticket, WorkOrder
from itops.services.maintenance import shares

bp = Blueprint("attachments", __name__, url_prefix="/attachments")
#: It never changes under its address; but who may read it may change.
SECONDS = 300
#: Opened by itself it loads and runs nothing, and no page shows it in a frame.
ALONE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


@bp.get("/<code>")
@requires(Permission.BE_HERE)
def show(code: str) -> ResponseReturnValue:
    found = db.session.scalar(select(Attachment).where(Attachment.code == code[:32]))
    if found is None or not _is_within_reach(found):
        abort(404)
    response = Response(found.content, mimetype=found.media_type)
    # A browser shows a picture in a page of ours all the same; opened alone it is only saved.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.cache_control.private = True
    response.cache_control.max_age = SECONDS
    return response


def _is_within_reach(found: Attachment) -> bool:
    """Whether the person may see the ticket or the part of an order that it belongs to."""
    if found.order_id is not None:
        within = reach(Permission.VIEW_MAINTENANCE)
        order = db.session.scalar(
            select(WorkOrder).where(WorkOrder.id == found.order_id, within.condition(WorkOrder))
        )
        return order is not None and shares.shows(order, found.evidence_id, within)
    wanted = select(Ticket.id).where(Ticket.id == found.ticket_id)
    return db.session.scalar(scoped(wanted, Ticket, Permission.VIEW_TICKETS)) is not None
