"""The verdict on a backup job: its levels, each a record, and the worst of them.

A backup without a restore test that is new enough is amber at best, however green the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from itops.checks.backups import freshness, size
from itops.checks.base import BOARD_ORDER, Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, BackupKind, BackupRun, Verification, VerificationLevel
from itops.services import installation, proof
from itops.services.backups import runs

#: Kinds of which a restore test can be made here; of others the whole reading is the most.
RESTORABLE = {BackupKind.POSTGRESQL, BackupKind.ITOPS}
#: Where our own copies lie is no level: it is judged beside them.
PLACE = "place"
INTEGRITY, RESTORE_TEST = VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST


@dataclass(frozen=True)
class Standing:
    """A job's levels as they stand, in their order, and the records behind two of them."""

    findings: Mapping[VerificationLevel, Finding]
    verified: Mapping[VerificationLevel, Verification]
    #: Where our own copies lie; of others nobody here knows.
    place: Finding | None = None

    @property
    def all(self) -> list[Finding]:
        return [*self.findings.values(), *([self.place] if self.place else [])]

    @property
    def state(self) -> State:
        return State.worst(*(one.state for one in self.all))

    @property
    def worst_first(self) -> list[Finding]:
        """What is not well, in the order in which people are told of it."""
        bad = [one for one in self.all if one.state is not State.OK]
        return sorted(bad, key=lambda one: BOARD_ORDER.index(one.state))


def standing(job: BackupJob, *, at: datetime) -> Standing:
    """Return how a job stands. Four queries."""
    run, kept = runs.latest_ended(job), newest(job)
    findings = {
        VerificationLevel.FRESHNESS: freshness.evaluate(proof.seen(run), proof.rhythm(job), at=at),
        VerificationLevel.SIZE: _size(job, run),
        INTEGRITY: _integrity(run, kept.get(INTEGRITY)),
        RESTORE_TEST: _restore_test(job, kept.get(RESTORE_TEST), at=at),
    }
    return Standing(findings, kept, place_of(job, run))


def judge(job: BackupJob, *, at: datetime) -> Standing:
    """Work out how a job stands and keep the verdict; a level that changed becomes a record."""
    found = standing(job, at=at)
    for level in (VerificationLevel.FRESHNESS, VerificationLevel.SIZE):
        last = found.verified.get(level)
        finding = found.findings[level]
        if finding.state is not State.UNKNOWN and (last is None or last.state != finding.state):
            write(job, level, finding, run=runs.latest_ended(job), at=at)
    if job.state is not found.state or job.state_since_at is None:
        job.state, job.state_since_at = found.state, at
    told = [one.as_json() for one in found.all]
    if job.findings != told:
        job.findings = told
    return found


def write(  # noqa: PLR0913 - a record has this many parts
    job: BackupJob,
    level: VerificationLevel,
    finding: Finding,
    *,
    run: BackupRun | None,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    ordered_by: str = "",
) -> Verification:
    """Write the record of one level. It is evidence: never changed, never thinned."""
    made = Verification(
        job_id=job.id,
        run_id=run.id if run else None,
        level=level,
        at=at,
        state=finding.state,
        message=finding.message.as_json(),
        facts=dict(facts or {}),
        ordered_by=ordered_by,
        is_demo=job.is_demo,
    )
    db.session.add(made)
    db.session.flush()
    return made


def newest(job: BackupJob) -> dict[VerificationLevel, Verification]:
    """Return the newest record of each level. One query."""
    last = (
        select(func.max(Verification.id))
        .where(Verification.job_id == job.id)
        .group_by(Verification.level)
    )
    wanted = select(Verification).where(Verification.id.in_(last))
    found = db.session.scalars(wanted.options(joinedload(Verification.run)))
    return {one.level: one for one in found}


def newest_good_test(job: BackupJob) -> Verification | None:
    """Return the newest restore test that was well."""
    wanted = select(Verification).where(
        Verification.job_id == job.id,
        Verification.level == RESTORE_TEST,
        Verification.state == State.OK,
    )
    return db.session.scalars(wanted.order_by(Verification.id.desc()).limit(1)).first()


def ordered(findings: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return kept findings, worst first."""
    ranks = {state.value: rank for rank, state in enumerate(State)}
    return sorted(findings, key=lambda one: -ranks[one["state"]])


def place_of(job: BackupJob, run: BackupRun | None) -> Finding | None:
    """Return where our own copies lie, once there is one.

    Beside the data alone they go when it goes; where a second place is set, it needs a look.
    """
    if job.kind is not BackupKind.ITOPS or run is None:
        return None
    if job.is_off_site:
        return Finding(PLACE, State.OK, Message("backup.place.apart"))
    is_set = installation.settings().backup_second_dir is not None
    key = "backup.place.not_there" if is_set else "backup.place.same_disk"
    return Finding(PLACE, State.WARNING, Message(key))


def _size(job: BackupJob, run: BackupRun | None) -> Finding:
    """Return what its size says; our own grows with each host, and its rows are counted instead."""
    is_own = job.kind is BackupKind.ITOPS
    former = runs.former_sizes(run) if run and not is_own else []
    return size.evaluate(run.size_bytes if run else None, former)


def _integrity(run: BackupRun | None, kept: Verification | None) -> Finding:
    """Return what is known of the newest run: the record of an older one says nothing of it."""
    if kept is None or run is None:
        return Finding(INTEGRITY, State.UNKNOWN, Message("backup.whole.never"))
    if kept.run_id != run.id and kept.state is State.OK:
        why = Message("backup.whole.older", {"at": kept.at.isoformat()})
        return Finding(INTEGRITY, State.WARNING, why)
    return Finding(INTEGRITY, kept.state, Message.from_json(kept.message))


def _restore_test(job: BackupJob, kept: Verification | None, *, at: datetime) -> Finding:
    if kept is None:
        return Finding(RESTORE_TEST, State.WARNING, Message("backup.restore.never"))
    if kept.state in (State.OK, State.WARNING) and not proof.is_recent(job, kept, at=at):
        words = {"days": (at - kept.at).days, "most": job.restore_test_days}
        return Finding(RESTORE_TEST, State.WARNING, Message("backup.restore.too_old", words))
    return Finding(RESTORE_TEST, kept.state, Message.from_json(kept.message))
