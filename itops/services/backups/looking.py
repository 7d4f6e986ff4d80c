"""Looking at backups when they are due: the newest file is found, read whole and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select, update

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import ItopsError, Message
from itops.models import BackupJob, BackupKind, SeenBy, VerificationLevel
from itops.remote.backups import reading
from itops.remote.backups.faults import CannotLook, Damaged
from itops.remote.backups.reading import Format, Read
from itops.services import installation
from itops.services.backups import judging, own, proving, runs, testing
from itops.services.backups.apart import apart
from itops.services.backups.register import is_allowed
from itops.services.engine.due_rows import Claimed, Done, DueQueue, InterruptedTooOftenError

#: How often a backup is looked at: it is judged by its age, too, when nothing new is there.
LOOK_EVERY = timedelta(minutes=10)
#: Reading a large dump takes long.
MOST_SECONDS = 6 * 3600.0
#: What may stand in a file of each kind.
EXPECTED: Mapping[BackupKind, set[Format]] = {
    BackupKind.POSTGRESQL: {Format.CUSTOM_DUMP, Format.PLAIN_DUMP, Format.GZIP_DUMP},
    BackupKind.SQLITE: {Format.SQLITE, Format.GZIP},
    BackupKind.FILES: {Format.TAR, Format.GZIP_TAR, Format.ZIP},
    BackupKind.OTHER: set(Format) - {Format.UNKNOWN},
    BackupKind.ITOPS: {Format.ZIP},
}


@dataclass(frozen=True)
class Task:
    """What is looked at: a pattern of files here, and the newest that is known already."""

    kind: BackupKind
    seen_by: SeenBy
    path: str
    known: tuple[str, int | None, datetime | None] = ("", None, None)
    copy: own.Task | None = None


@dataclass(frozen=True)
class Look:
    """What was found: a file that was not known, and what reading it gave."""

    name: str = ""
    size_bytes: int = 0
    changed_at: datetime | None = None
    read: Read | None = None
    finding: Finding | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: Whether our own copy lies apart from the data, too.
    is_apart: bool = False

    @property
    def is_well(self) -> bool:
        return self.finding is not None and self.finding.state is State.OK


def _load(rows: Sequence[Claimed], at: datetime) -> Mapping[int, Task]:
    settings = installation.settings()
    wanted = select(BackupJob).where(BackupJob.id.in_([row.id for row in rows]))
    found = {}
    for job in db.session.scalars(wanted):
        run = runs.latest_ended(job)
        known = (run.file_name, run.size_bytes, run.changed_at) if run else ("", None, None)
        path = job.path if is_allowed(job.path, settings) else ""
        mine = own.task(settings, at=at) if job.kind is BackupKind.ITOPS else None
        found[job.id] = Task(job.kind, job.seen_by, path, known, mine)
    return found


def _carry_out(task: Task) -> Look:
    """Find the newest file and read it. Nothing is asked of the database here."""
    if task.copy is not None:
        return apart(_copy_and_read, (task, task.copy))
    if task.seen_by is not SeenBy.LOCAL or not task.path:
        return Look()
    file = _newest(Path(task.path))
    return look_at(file, task) if file else Look()


def _copy_and_read(given: tuple[Task, own.Task]) -> Look:
    """Make a copy of our own database and read it to its end."""
    task, wanted = given
    made = own.make(wanted)
    look = replace(look_at(made.file, task), is_apart=made.is_apart)
    fault = made.second_failed
    return replace(look, finding=_second(fault)) if fault and look.is_well else look


def look_at(file: Path, task: Task) -> Look:
    """Read a file to its end, unless it is the one that is known."""
    told = file.stat()
    changed_at = datetime.fromtimestamp(told.st_mtime, UTC)
    if (file.name, told.st_size, changed_at) == task.known:
        return Look()
    found = Look(file.name, told.st_size, changed_at)
    try:
        read = reading.read_whole(file, seconds=MOST_SECONDS)
    except Damaged as fault:
        return _with(found, State.CRITICAL, fault.message)
    except CannotLook as fault:
        return _with(found, State.UNKNOWN, fault.message)
    what = {"format": Message(f"backup.format.{read.format}")}
    if read.format not in EXPECTED[task.kind]:
        return _with(found, State.CRITICAL, Message("backup.whole.other_kind", what), read)
    return _with(found, State.OK, Message("backup.whole.ok", what), read)


def _settle(done: Sequence[Done], at: datetime) -> None:
    for each in done:
        job = db.session.get(BackupJob, each.row.id)
        if job is None:
            continue
        job.due_at = at + (own.every(job) if job.kind is BackupKind.ITOPS else LOOK_EVERY)
        if isinstance(each.result, Look) and each.result.name:
            _keep(job, each.result, at=at)
            if job.kind is BackupKind.ITOPS:
                job.is_off_site = each.result.is_apart
        elif each.error is not None:
            _tell(job, each.error, at=at)
        if job.seen_by is SeenBy.SSH:
            _follow_check(job, at=at)
        if job.kind is BackupKind.ITOPS:
            own.forget_old(job, at=at)
        judging.judge(job, at=at)
        proving.tell(job, at=at)
        testing.order_if_due(job, at=at)


def _keep(job: BackupJob, look: Look, *, at: datetime) -> None:
    """Write down a file that was found, its content and whether it is whole."""
    changed_at = look.changed_at or at
    run = runs.find(job, name=look.name, size_bytes=look.size_bytes, changed_at=changed_at, at=at)
    if look.read:
        runs.know_content(run, look.read.sha256)
    if look.finding:
        facts = {**_facts(look.read), **look.facts}
        judging.write(job, VerificationLevel.INTEGRITY, look.finding, run=run, at=at, facts=facts)


def _tell(job: BackupJob, error: Exception, *, at: datetime) -> None:
    """Write down that the backup could not be looked at: that is unknown, and never fine."""
    key = "backup.whole.interrupted"
    if not isinstance(error, InterruptedTooOftenError):
        key = "backup.whole.failed"
    why = error.message if isinstance(error, ItopsError) else type(error).__name__
    finding = Finding(judging.INTEGRITY, State.UNKNOWN, Message(key, {"why": why}))
    judging.write(job, VerificationLevel.INTEGRITY, finding, run=runs.latest_ended(job), at=at)


def _follow_check(job: BackupJob, *, at: datetime) -> None:
    """Take over what the check over SSH saw of the newest file: when it was changed, how large."""
    seen = proving.seen_over_ssh(job, at=at)
    if seen is None:
        return
    changed_at, size_bytes = seen
    known = runs.latest_ended(job)
    is_known = known and known.size_bytes == size_bytes and _close(known.changed_at, changed_at)
    if not is_known:
        runs.find(job, name="", size_bytes=size_bytes, changed_at=changed_at, at=at)


def _close(known: datetime | None, seen: datetime) -> bool:
    """Whether two times of a file are the same: an age in seconds and a clock drift a little."""
    return known is not None and abs(seen - known) < timedelta(minutes=2)


def _newest(pattern: Path) -> Path | None:
    """Return the file that was changed last."""
    files = [one for one in pattern.parent.glob(pattern.name) if one.is_file()]
    return max(files, key=lambda one: one.stat().st_mtime, default=None)


def _second(fault: CannotLook) -> Finding:
    """Return what is said of a copy that is well here and did not reach the second place."""
    why = Message("archive.second_failed", {"why": fault.message})
    return Finding(judging.INTEGRITY, State.WARNING, why)


def _with(found: Look, state: State, message: Message, read: Read | None = None) -> Look:
    finding = Finding(judging.INTEGRITY, state, message)
    return Look(found.name, found.size_bytes, found.changed_at, read, finding)


def _facts(read: Read | None) -> dict[str, Any]:
    if read is None:
        return {}
    made = read.made_at.isoformat() if read.made_at else None
    return {"format": read.format.value, "sha256": read.sha256, "made_at": made, **read.facts}


def _set_back(at: datetime) -> None:
    """Bring back what is due too far ahead, after the clock was put back."""
    far = update(BackupJob).where(BackupJob.due_at > at + LOOK_EVERY)
    db.session.execute(far.values(due_at=at))


def _is_looked_at() -> ColumnElement[bool]:
    return BackupJob.is_enabled.is_(True) & BackupJob.is_demo.is_(False)


QUEUE = DueQueue(
    name="backups",
    model=BackupJob,
    load=_load,
    carry_out=_carry_out,
    settle=_settle,
    threads=2,
    most_seconds=MOST_SECONDS + 600,
    where=_is_looked_at,
    set_back=_set_back,
)
