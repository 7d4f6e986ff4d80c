"""Cuts: the oldest segment of the log goes, and an anchor says where the rest begins."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from itops.db import db
from itops.models import AuditAnchor, AuditEntry, AuditHead
from itops.models.audit import GENESIS
from itops.models.audit_chain import anchor_hash
from itops.services.auditing import Actor, record

#: Each cut is an entry of its own: one a month, not one a day for ever.
CUT_EVERY = timedelta(days=30)
ROWS_AT_ONCE = 2000
RETENTION = Actor(None, "itops")


def cut(before: datetime, *, at: datetime) -> Iterator[None]:
    """Delete the entries from before a moment, up to the first that is younger.

    The anchor and the entry that tells of it come first, and then the deletions piece by piece.
    Yield after each, for a commit: what a killed worker left is deleted the next time.
    """
    anchor = _latest()
    if anchor is None or anchor.at + CUT_EVERY <= at:
        anchor = _set_anchor(before, at=at.replace(microsecond=0)) or anchor
        yield
    if anchor is None:
        return
    position = anchor.position
    while (oldest := db.session.scalar(select(func.min(AuditEntry.id)))) and oldest <= position:
        end = min(position, oldest + ROWS_AT_ONCE - 1)
        db.session.execute(delete(AuditEntry).where(AuditEntry.id <= end))
        yield


def _latest() -> AuditAnchor | None:
    return db.session.scalars(select(AuditAnchor).order_by(AuditAnchor.id.desc()).limit(1)).first()


def _set_anchor(before: datetime, *, at: datetime) -> AuditAnchor | None:
    """Say where the log will begin, and write that down in the log; None: nothing is old enough."""
    last = _last_before(before.replace(microsecond=0))
    if last is None:
        return None
    previous = _latest()
    algorithm = db.session.scalars(select(AuditHead.algorithm)).one()
    anchor = AuditAnchor(
        position=last.id,
        hash=last.hash,
        at=at,
        algorithm=algorithm,
        previous_hash=previous.own_hash if previous else GENESIS,
    )
    anchor.own_hash = anchor_hash(anchor)
    db.session.add(anchor)
    told = {"position": anchor.position, "hash": anchor.hash, "anchor": anchor.own_hash}
    record("audit.cut", by=RETENTION, at=at, after=told)
    return anchor


def _last_before(moment: datetime) -> AuditEntry | None:
    """Return the last entry before the first that stays."""
    young = select(AuditEntry.id).where(AuditEntry.at >= moment).order_by(AuditEntry.id).limit(1)
    first_kept = db.session.scalar(young)
    older = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
    if first_kept is not None:
        older = older.where(AuditEntry.id < first_kept)
    return db.session.scalars(older).first()
