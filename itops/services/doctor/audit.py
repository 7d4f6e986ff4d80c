"""The doctor looks at the audit log: whether it is guarded, and whether it is sealed."""

from collections.abc import Iterator
from datetime import datetime

from itops.checks.base import State
from itops.db import db
from itops.services.audit import guards, sealing
from itops.services.doctor.findings import Finding, found


def examine(*, at: datetime) -> Iterator[Finding]:
    """Yield what there is to say of the log's guards and seals."""
    names = guards.missing(db.session.connection())
    state = State.CRITICAL if names else State.OK
    yield found("audit_guards", state, names=names)
    seals = sealing.standing(at=at)
    if seals.seal or seals.is_late:
        position = seals.seal.position if seals.seal else 0
        state = State.WARNING if seals.is_late else State.OK
        yield found("audit_seal", state, position=position, n=seals.outside)
    for copy in seals.failing:
        yield found("audit_copy", State.WARNING, place=copy.place, reason=copy.why or "")
