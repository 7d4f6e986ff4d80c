"""Backups as their verifications see them: whether a module's backups were read or restored."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, Verification, VerificationLevel
from itops.models.backup import SIGNED_BY
from itops.services.maintenance.verdict import Verdict

#: Presence and size prove nothing; the whole archive was read, or it was restored.
PROVING = (VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST)


def look(module_id: int, *, since: datetime) -> Verdict:
    """Return whether every backup of a module was verified `since` then. Two queries."""
    jobs = select(BackupJob).where(BackupJob.module_id == module_id, BackupJob.is_enabled)
    wanted = list(db.session.scalars(jobs.order_by(BackupJob.id)))
    if not wanted:
        return Verdict(State.UNKNOWN, Message("evidence.backup.no_job"))
    latest, signed = _latest([job.id for job in wanted], since)
    missing = [job for job in wanted if job.id not in latest]
    bad = [one for one in latest.values() if one.state in {State.WARNING, State.CRITICAL}]
    if bad:
        return _verdict(bad[0], Message("evidence.backup.bad", {"name": bad[0].job.name}))
    if missing:
        names = {"name": missing[0].name, "n": len(missing)}
        is_awaited = any(job.id not in signed for job in missing)
        message = Message("evidence.backup.not_yet", names)
        return Verdict(State.UNKNOWN, message, is_awaited=is_awaited)
    unsure = [one for one in latest.values() if one.state is State.UNKNOWN]
    if unsure:
        return _verdict(unsure[0], Message("evidence.backup.not_yet", {"name": unsure[0].job.name}))
    newest = max(latest.values(), key=lambda one: one.at)
    return _verdict(newest, Message("evidence.backup.verified", {"n": len(wanted)}))


def _latest(jobs: Sequence[int], since: datetime) -> tuple[dict[int, Verification], set[int]]:
    """Return the newest verification of each job that says something about its content.

    What a person signed proves the backup, but no order: an order asks for a signature of its own.
    Such jobs are returned beside the others.
    """
    found = db.session.scalars(
        select(Verification)
        .where(
            Verification.job_id.in_(jobs),
            Verification.level.in_(PROVING),
            Verification.at >= since,
        )
        .order_by(Verification.at, Verification.id)
    )
    rows = list(found)
    seen = {row.job_id: row for row in rows if SIGNED_BY not in row.facts}
    return seen, {row.job_id for row in rows if SIGNED_BY in row.facts}


def _verdict(found: Verification, words: Message) -> Verdict:
    facts = {
        "job": found.job.name,
        "level": found.level.value,
        "at": found.at.isoformat(),
        "told": found.facts,
        "message": found.message,
    }
    return Verdict(found.state, words, facts, found.at, found.id)
