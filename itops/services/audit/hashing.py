"""Which hash function the chain goes on with: the installation's setting, taken up at a start."""

from datetime import datetime

from sqlalchemy import select, update

from itops.db import db
from itops.models import AuditHead
from itops.models.hashes import Algorithm, digest_by
from itops.services.auditing import Actor, record


def choose(algorithm: Algorithm, *, by: Actor, at: datetime) -> None:
    """Hash by this function from the next entry on; the entry that says so is the last by the old.

    Raise Misconfigured if this machine has no such function. The caller commits.
    """
    digest_by(algorithm)
    before = db.session.scalars(select(AuditHead.algorithm)).one()
    if before is algorithm:
        return
    told = {"algorithm": before.value}, {"algorithm": algorithm.value}
    record("audit.hash_chosen", by=by, at=at, before=told[0], after=told[1])
    db.session.flush()
    db.session.execute(update(AuditHead).values(algorithm=algorithm))
