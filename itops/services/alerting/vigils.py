"""Whether we were awake ourselves: whoever was away can't say that the others were silent."""

from datetime import datetime, timedelta

from itops.db import db
from itops.models import Vigil

#: Looks further apart than this mean that this server stood still or was stopped.
BREAK = timedelta(minutes=3)
#: After that the machines get so long to be heard again.
GRACE = timedelta(minutes=15)
ONLY = 1


def stand_guard(*, at: datetime) -> bool:
    """Note that we look now; return whether we have been awake for long enough to judge silence."""
    vigil = db.session.get(Vigil, ONLY)
    if vigil is None:
        # Nobody was heard before the first look either.
        vigil = Vigil(id=ONLY, looked_at=at, since_at=at - GRACE)
        db.session.add(vigil)
    elif not timedelta(0) <= at - vigil.looked_at <= BREAK:
        vigil.since_at = at
    vigil.looked_at = at
    db.session.flush()
    return at - vigil.since_at >= GRACE


def awake_since() -> datetime:
    """Return since when we have looked without a break, after `stand_guard`."""
    return db.session.get_one(Vigil, ONLY).since_at
