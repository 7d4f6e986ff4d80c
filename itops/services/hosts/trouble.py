"""The hosts that may not be OK, read once a page: some count them, some look for their causes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import DateTime, type_coerce

from itops.db import db
from itops.models import Asset, Host
from itops.services.hosts.standing import STANDING, TROUBLE, Watch, approved


class Troubled(NamedTuple):
    """A host that may need looking at, what it is and where it is. Times are UTC without a zone.

    A county's fleet has a thousand of these on a bad day: a zone for each costs more than reading
    them.
    """

    id: int
    site_id: int | None
    location_id: int | None
    type_key: str | None
    #: A Standing, as the database gives it.
    standing: int
    quarantined_at: datetime | None
    stale_at: datetime | None
    farewell_at: datetime | None


#: One of a row, which is known to be whole: a thousand a page, in half the time.
_TROUBLED: Callable[[Any], Troubled] = partial(tuple.__new__, Troubled)


STATEMENT = approved(
    Host.id,
    Host.site_id,
    Asset.location_id,
    Asset.type_key,
    STANDING,
    *(
        type_coerce(moment, DateTime)
        for moment in (Host.quarantined_at, TROUBLE.c.stale_at, TROUBLE.c.farewell_at)
    ),
    hot=TROUBLE,
)


def troubled(watch: Watch) -> Sequence[Troubled]:
    """Return the hosts within reach that may not be OK, in no order. One query."""
    # On the connection: a session would make each of a thousand rows twice.
    rows = db.session.connection().execute(STATEMENT.where(watch.within), watch.given)
    return list(map(_TROUBLED, rows.all()))
