"""A photo or document, handed out to whoever may see what it belongs to, and only as a file."""

from urllib.parse import quote

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import scoped
from itops.db import db
from itops.models import Attachment, Ticket, WorkOrder

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
    """Whether the person may see the ticket or order that it belongs to."""
    for key, model, permission in (
        (found.order_id, WorkOrder, Permission.VIEW_MAINTENANCE),
        (found.ticket_id, Ticket, Permission.VIEW_TICKETS),
    ):
        if key is not None:
            wanted = select(model.id).where(model.id == key)
            return db.session.scalar(scoped(wanted, model, permission)) is not None
    return False
