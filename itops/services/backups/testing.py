"""Restore tests: a dump is restored where it does no harm, asked, and the answer is a record."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from itops.checks.backups import assertions
from itops.checks.backups.assertions import Graded
from itops.checks.base import Finding, State
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Message, Refused
from itops.models import (
    BackupJob,
    BackupKind,
    BackupRun,
    Job,
    SeenBy,
    VerificationLevel,
)
from itops.remote.backups import restoring, scratch
from itops.remote.backups.faults import CannotLook, Damaged
from itops.remote.backups.restoring import Order, Restored
from itops.services import installation
from itops.services.archives import keeping
from itops.services.archives import proving as archive_proving
from itops.services.auditing import Actor
from itops.services.backups import judging, own, proving, runs
from itops.services.backups.register import is_allowed
from itops.services.engine import ordering
from itops.services.engine.job_rows import JobKind, Lane, Progress

RESTORE_TEST = "restore_test"
#: By itself a restore test is made when the last good one is older than this.
BY_ITSELF = timedelta(days=7)
MOST = timedelta(hours=8)
MACHINE = Actor(None, "itops")


def order(job: BackupJob, *, settings: Settings, by: Actor, at: datetime) -> Job:
    """Ask for a restore test. Raise Refused if there is none to be made here."""
    why_not = refusal(job, settings)
    if why_not:
        raise Refused(why_not)
    return ordering.order_once(
        RESTORE_TEST,
        subject=f"backup_job:{job.id}",
        by=by,
        at=at,
        params={"job_id": job.id, "ordered_by": by.name},
    )


def refusal(job: BackupJob, settings: Settings) -> str:
    """Return the key that says why no restore test can be made; empty if it can."""
    is_own = job.kind is BackupKind.ITOPS  # our own data on our own machine: always
    if not settings.restore_here and not is_own:
        return "backup.restore.not_here"
    if job.kind not in judging.RESTORABLE:
        return "backup.restore.not_this_kind"
    if not is_own and job.seen_by is not SeenBy.LOCAL:
        return "backup.restore.no_file_here"
    run = runs.latest_ended(job)
    return "" if run and run.file_name else "backup.restore.nothing_yet"


def order_if_due(job: BackupJob, *, at: datetime) -> None:
    """Ask for a restore test of a whole backup whose last one is a week old."""
    settings = installation.settings()
    kept = judging.newest(job)
    last, whole = kept.get(judging.RESTORE_TEST), kept.get(judging.INTEGRITY)
    if whole is None or whole.state is not State.OK or refusal(job, settings):
        return
    by_itself = own.TEST_EVERY if job.kind is BackupKind.ITOPS else BY_ITSELF
    oldest = at - min(by_itself, timedelta(days=job.restore_test_days))
    if last is None or (last.at < oldest and last.run_id != whole.run_id):
        order(job, settings=settings, by=MACHINE, at=at)


def work(job_row: Job, progress: Progress) -> Message | None:
    """Make a restore test: the long job. Its record is written whatever came of it."""
    settings = installation.settings()
    job = db.session.get(BackupJob, job_row.params["job_id"])
    run = runs.latest_ended(job) if job else None
    if job is None or run is None:
        raise Refused("backup.restore.nothing_yet")
    keys, by = (job.id, run.id), job_row.params.get("ordered_by", "")
    if job_row.attempts > 1:
        _record(keys, _interrupted(), {}, by)
    dump, made_at, former = _file_of(job, run, settings), _made_at(job, run), _former_rows(job)
    asked = assertions.from_json(job.assertions)

    def tell(step: int) -> None:
        name = Message(f"backup.step.{restoring.STEPS[step]}")
        progress(step, len(restoring.STEPS), name)

    wanted = Order(dump, settings.scratch_folder, asked)
    restore = _own if job.kind is BackupKind.ITOPS else restoring.restore
    finding, facts = _tested(partial(restore, wanted, tell), former, made_at)
    _record(keys, finding, facts, by)
    return finding.message


def _own(wanted: Order, tell: Callable[[int], None]) -> Restored:
    return archive_proving.prove(wanted.dump, wanted.root, tell).restored


def _tested(
    restore: Callable[[], Restored], former: dict[str, int], made_at: datetime
) -> tuple[Finding, dict[str, Any]]:
    began = utcnow()
    try:
        done = restore()
    except Damaged as fault:
        return _said(State.CRITICAL, fault.message), {}
    except CannotLook as fault:
        return _said(State.UNKNOWN, fault.message), {}
    return conclude(done, former, made_at=made_at, began=began)


def conclude(
    done: Restored, former: dict[str, int], *, made_at: datetime, began: datetime
) -> tuple[Finding, dict[str, Any]]:
    """Given a restored copy's answers, return the finding and the figures behind it."""
    graded = [assertions.grade(one, made_at=made_at) for one in done.answers]
    graded += assertions.compare(done.rows, former)
    state = State.worst(*(one.state for one in graded))
    if not done.rows:
        return _said(State.CRITICAL, Message("backup.restore.no_tables")), {}
    bad = [one for one in graded if one.state is not State.OK]
    rpo = began - (max((one.newest for one in done.answers if one.newest), default=made_at))
    facts = {
        "answers": [_as_json(one) for one in graded],
        "rows": dict(done.rows),
        "uncounted": done.uncounted,
        "steps": {name: round(seconds, 2) for name, seconds in done.seconds.items()},
        "measured_rto_seconds": round(done.total_seconds, 1),
        "measured_rpo_seconds": max(0, round(rpo.total_seconds())),
        "complaints": list(done.complaints[:20]),
        "server_version": done.server_version,
        "ran_as": done.ran_as,
        "is_own_account": done.is_own_account,
    }
    words = {"n": len(done.rows), "seconds": round(done.total_seconds)}
    if bad:
        worst = max(bad, key=lambda one: list(State).index(one.state))
        return _said(state, worst.message), facts
    key = "backup.restore.ok" if done.answers else "backup.restore.ok_unasked"
    return _said(State.OK, Message(key, words)), facts


def keep_house(at: datetime, settings: Settings) -> Iterator[None]:
    """Wipe restored copies that killed workers left, and have a job for our own backup."""
    scratch.sweep(settings.scratch_folder)
    own.ensure(settings, at=at)
    yield


def _record(keys: tuple[int, int], finding: Finding, facts: dict[str, Any], by: str) -> None:
    """Write the record of a test of (job, run) and what follows from it."""
    job, run = db.session.get_one(BackupJob, keys[0]), db.session.get_one(BackupRun, keys[1])
    at, level = utcnow(), VerificationLevel.RESTORE_TEST
    judging.write(job, level, finding, run=run, at=at, facts=facts, ordered_by=by)
    judging.judge(job, at=at)
    proving.tell(job, at=at)


def _file_of(job: BackupJob, run: BackupRun, settings: Settings) -> Path:
    if job.kind is BackupKind.ITOPS:
        return keeping.folder(settings) / run.file_name
    if not is_allowed(job.path, settings):
        raise Refused("backup.path_not_allowed")
    return Path(job.path).parent / Path(run.file_name).name


def _made_at(job: BackupJob, run: BackupRun) -> datetime:
    """Return when the backup was made: as it says itself, else when its file was written."""
    whole = judging.newest(job).get(judging.INTEGRITY)
    told = whole.facts.get("made_at") if whole and whole.run_id == run.id else None
    return datetime.fromisoformat(told) if told else run.finished_at or run.seen_at


def _former_rows(job: BackupJob) -> dict[str, int]:
    """Return the rows by table at the last restore test that was well.

    Our own are none of them: what is thinned by its age shrinks.
    """
    if job.kind is BackupKind.ITOPS:
        return {}
    kept = judging.newest_good_test(job)
    return dict(kept.facts.get("rows", {})) if kept else {}


def _interrupted() -> Finding:
    return _said(State.UNKNOWN, Message("backup.restore.interrupted"))


def _said(state: State, message: Message) -> Finding:
    return Finding(VerificationLevel.RESTORE_TEST, state, message)


def _as_json(one: Graded) -> dict[str, Any]:
    return {"state": one.state.value, "message": one.message.as_json()}


KIND = JobKind(work, lane=Lane.LONG, most_silent=MOST)
