"""What the pages of maintenance share: the moment of a request, an order within reach, photos."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from flask import abort, request
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from itops.auth.permissions import Permission
from itops.auth.scopes import in_scope_or_404
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid
from itops.models import WorkOrder, WorkOrderItem
from itops.services import attachments
from itops.services.attachments import Upload
from itops.services.maintenance.days import Now
from itops.views.showing.choices import number_of

#: More files come with one form from nobody who means well.
MOST_FILES = 12


def now_here() -> Now:
    """Return this moment, in the hospital's zone."""
    return Now(utcnow(), ZoneInfo(settings().time_zone))


def order_for(order_id: int, permission: Permission) -> WorkOrder:
    """Return an order that `permission` reaches; for all others it does not exist."""
    return in_scope_or_404(WorkOrder, order_id, permission)


def item_of(order: WorkOrder, item_id: int) -> WorkOrderItem:
    """Return one machine of an order that is within reach."""
    wanted = select(WorkOrderItem).where(
        WorkOrderItem.id == item_id, WorkOrderItem.order_id == order.id
    )
    found = db.session.scalar(wanted)
    if found is None:
        abort(404)
    return found


def version_typed() -> int:
    """Return the version of a thing that the person of this form read."""
    return number_of(request.form.get("version")) or 0


def photos_sent() -> Mapping[str, Sequence[Upload]]:
    """Return the files of this form by the name after "photo-". Raise Invalid for a wrong one."""
    found: dict[str, list[Upload]] = {}
    total = 0
    for field in request.files:
        for file in request.files.getlist(field):
            if not file.filename:
                continue
            total += 1
            if total > MOST_FILES:
                abort(413)
            name = field.removeprefix("photo-")
            found.setdefault(name, []).append(_examined(file, name))
    return found


def _examined(file: FileStorage, field: str) -> Upload:
    try:
        return attachments.examine(file.read(), file.filename or "")
    except Invalid as error:
        raise Invalid(error.message.key, field=field, **error.message.params) from None
