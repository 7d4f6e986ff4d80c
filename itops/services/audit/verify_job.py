"""Verifying the log as a long job that a page orders and watches."""

from datetime import datetime

from sqlalchemy import func, select

from itops.db import db, writing
from itops.errors import Message
from itops.models import AuditEntry, Job
from itops.services import installation
from itops.services.audit import reading, seals, verifying
from itops.services.auditing import Actor, record
from itops.services.engine import ordering
from itops.services.engine.job_rows import JobKind, Progress

AUDIT_VERIFY, SUBJECT = "audit_verify", "audit"


def order(*, by: Actor, at: datetime) -> Job:
    """Ask for the log to be verified, or return the job that does it already; audited."""
    record("audit.verify_asked", by=by, at=at)
    return ordering.order_once(AUDIT_VERIFY, subject=SUBJECT, by=by, at=at)


def latest() -> Job | None:
    """Return the newest of these jobs."""
    return ordering.latest(AUDIT_VERIFY, SUBJECT)


def _work(_job: Job, progress: Progress) -> Message:
    total = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    db.session.rollback()

    def tell(done: int) -> None:
        with writing():
            progress(done, total)

    known = seals.read_folder(installation.settings().data_dir)
    found = reading.verify_all(known, tell)
    figures = {"n": found.entries, "last": found.last, "seals": found.seals}
    if found.is_whole:
        return Message("audit.verified.whole", figures)
    faults = {"count": sum(found.counts.values()), "first": verifying.means(found.faults[0])}
    return Message("audit.verified.bent", {**figures, **faults})


KIND = JobKind(_work)
