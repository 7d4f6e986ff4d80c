"""The demo's backups: what each module relies on, its nights, and what was restored of it.

Two modules have no backup job at all, one backup was never restored, one was too long ago, and the
laboratory's has not come for two nights.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import (
    BackupJob,
    BackupKind,
    BackupRun,
    RunState,
    SeenBy,
    Verification,
    VerificationLevel,
)
from itops.services.backups import judging, proving
from itops.services.demo.figures import chance
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.demo.year.troubles import LIS_BACKUP_LATE_DAYS

GIB = 1024**3
#: The backups are written at half past one, and have been read to their end by four.
WRITTEN_AT, READ_AT = (1, 30), (4, 0)
INTEGRITY, RESTORE_TEST = VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST


@dataclass(frozen=True)
class DemoBackup:
    """A module's backup: its kind, how large it is, and how many days ago it was restored."""

    module: str
    kind: BackupKind
    gigabytes: float
    every_days: int = 1
    restored: tuple[int, ...] = ()
    #: Tables of a restored copy, with so many rows now.
    tables: tuple[tuple[str, int], ...] = ()
    late_days: int = 0

    @property
    def backup_class(self) -> int:
        return {1: 1, 3: 2}.get(self.every_days, 3)


_MONTHLY = tuple(range(17, YEAR_DAYS, 30))
_QUARTERLY = tuple(range(41, YEAR_DAYS, 91))
BACKUPS = (
    DemoBackup(
        "HIS",
        BackupKind.POSTGRESQL,
        48.2,
        restored=_MONTHLY,
        tables=(("patients", 412_300), ("orders", 3_904_112), ("charges", 5_120_440)),
    ),
    DemoBackup(
        "EMR",
        BackupKind.POSTGRESQL,
        71.5,
        restored=_QUARTERLY,
        tables=(("documents", 1_810_220), ("signatures", 1_790_118)),
    ),
    DemoBackup(
        "LIS",
        BackupKind.POSTGRESQL,
        12.4,
        restored=_QUARTERLY,
        tables=(("samples", 640_118), ("results", 4_300_557)),
        late_days=LIS_BACKUP_LATE_DAYS,
    ),
    DemoBackup("PACS", BackupKind.FILES, 240.0, every_days=3),
    DemoBackup(
        "PHARMACY",
        BackupKind.POSTGRESQL,
        6.1,
        restored=_QUARTERLY,
        tables=(("stock", 8_210), ("movements", 902_300)),
    ),
    DemoBackup(
        "BLOOD",
        BackupKind.POSTGRESQL,
        0.8,
        restored=(203, 312),
        tables=(("units", 21_480),),
    ),
    DemoBackup(
        "CHECKUP",
        BackupKind.POSTGRESQL,
        9.3,
        restored=_QUARTERLY,
        tables=(("examinees", 61_200), ("findings", 744_900)),
    ),
    DemoBackup("OA", BackupKind.FILES, 33.0, every_days=7),
    DemoBackup(
        "INSURANCE",
        BackupKind.POSTGRESQL,
        3.4,
        restored=_QUARTERLY,
        tables=(("settlements", 1_204_331),),
    ),
    DemoBackup(
        "RIS", BackupKind.POSTGRESQL, 5.7, restored=_QUARTERLY, tables=(("studies", 388_902),)
    ),
    DemoBackup(
        "NURSE", BackupKind.POSTGRESQL, 7.9, restored=_QUARTERLY, tables=(("charts", 2_077_815),)
    ),
    DemoBackup(
        "CARD", BackupKind.POSTGRESQL, 1.2, restored=_QUARTERLY, tables=(("cards", 156_040),)
    ),
)
BY_MODULE = {backup.module: backup for backup in BACKUPS}


def pieces() -> Iterator[partial[None]]:
    """Yield the pieces in which the backups are written: one for each module."""
    return (partial(write_backup, code) for code in BY_MODULE)


def write_backup(code: str, known: Known) -> None:
    """Write a module's backup job with its year of nights, and judge it."""
    backup, job = BY_MODULE[code], _job(BY_MODULE[code], known)
    db.session.add(job)
    db.session.flush()
    days = _days(backup, known)
    runs = db.session.scalars(
        insert(BackupRun).returning(BackupRun.id, sort_by_parameter_order=True),
        [_run(backup, job, known.on(day, *WRITTEN_AT), day) for day in days],
    ).all()
    read = [
        _read(job.id, run, known.on(day, *READ_AT)) for run, day in zip(runs, days, strict=True)
    ]
    db.session.execute(insert(Verification), read)
    of_day = dict(zip(days, runs, strict=True))
    tests = [_restored(backup, job.id, day, of_day[day], known) for day in backup.restored[::-1]]
    if tests:
        db.session.execute(insert(Verification), tests)
    # Seen on the morning before too: what is overdue now was so then, and an alert was opened.
    for at in (known.on(1, 7), known.at):
        judging.judge(job, at=at)
        proving.tell(job, at=at)


def _days(backup: DemoBackup, known: Known) -> range:
    """Return how many days ago the backups were made, the oldest first."""
    if backup.late_days:
        return range(YEAR_DAYS, backup.late_days - 1, -1)
    if backup.every_days > 1:
        return range(YEAR_DAYS // backup.every_days * backup.every_days + 1, 0, -backup.every_days)
    is_read = known.on(0, *READ_AT) <= known.at
    return range(YEAR_DAYS, -1 if is_read else 0, -1)


def write_nights(*, at: datetime) -> None:
    """Write the backups of the last night that are not there yet, and judge them anew."""
    known = Known(at)
    made_at, read_at = known.on(0, *WRITTEN_AT), known.on(0, *READ_AT)
    if at < read_at:
        return
    newest = select(BackupRun.job_id, func.max(BackupRun.seen_at)).group_by(BackupRun.job_id)
    seen = dict(db.session.execute(newest).all())
    for job in db.session.scalars(select(BackupJob).where(BackupJob.is_demo)):
        backup = BY_MODULE.get(job.module.code if job.module else "")
        if backup is None or job.id not in seen or backup.late_days:
            continue
        if made_at - seen[job.id] < timedelta(days=backup.every_days) - timedelta(hours=1):
            continue
        run = BackupRun(**_run(backup, job, made_at, 0))
        db.session.add(run)
        db.session.flush()
        db.session.add(Verification(**_read(job.id, run.id, read_at)))
        db.session.flush()
        judging.judge(job, at=at)
        proving.tell(job, at=at)


def _job(backup: DemoBackup, known: Known) -> BackupJob:
    module = known.modules[backup.module]
    began = known.at - timedelta(days=YEAR_DAYS)
    every = backup.every_days * 1440
    return BackupJob(
        name=f"{module.code} 备份",
        name_en=f"{module.code} backup",
        module=module,
        site_id=module.site_id,
        kind=backup.kind,
        seen_by=SeenBy.HEARTBEAT,
        place=f"BAK-01:/srv/backup/{module.code.lower()}",
        backup_class=backup.backup_class,
        every_minutes=every,
        grace_minutes=240,
        rpo_minutes=every,
        rto_minutes=module.rto_minutes,
        restore_test_days={1: 90, 2: 180, 3: 365}[backup.backup_class],
        assertions=[
            {"table": table, "least": rows // 2, "column": "", "minutes": None}
            for table, rows in backup.tables
        ],
        is_off_site=backup.module in {"HIS", "EMR"},
        created_at=began,
        updated_at=began,
        is_demo=True,
    )


def _run(backup: DemoBackup, job: BackupJob, at: datetime, days_ago: int) -> dict[str, Any]:
    grown = 1 - days_ago * 0.0006 + 0.01 * chance(job.id, days_ago)
    name = f"{backup.module.lower()}-{at + timedelta(hours=8):%Y-%m-%d}"
    ending = "dump" if backup.kind is BackupKind.POSTGRESQL else "tar.gz"
    return {
        "job_id": job.id,
        "state": RunState.DONE,
        "started_at": at - timedelta(minutes=8),
        "finished_at": at,
        "seen_at": at,
        "changed_at": at,
        "size_bytes": int(backup.gigabytes * GIB * grown),
        "file_name": f"{name}.{ending}",
        "sha256": hashlib.sha256(f"demo {name}".encode()).hexdigest(),
        "told": {"exit": 0},
    }


def _read(job_id: int, run_id: int, at: datetime) -> dict[str, Any]:
    said = Message("backup.whole.ok", {"format": Message("backup.format.custom_dump")})
    return _record(job_id, run_id, Finding(INTEGRITY, State.OK, said), at, {})


def _restored(
    backup: DemoBackup, job_id: int, day: int, run_id: int, known: Known
) -> dict[str, Any]:
    seconds = round(backup.gigabytes * (14 + 3 * chance(job_id, day)), 1)
    rows = {table: int(count * (1 - day * 0.0007)) for table, count in backup.tables}
    facts = {
        "answers": [_answer(table, found, count) for (table, count), found in _zip(backup, rows)],
        "rows": rows,
        "uncounted": 0,
        "steps": {"prepare": 2.1, "restore": round(seconds * 0.9, 1), "ask": 1.4, "wipe": 0.8},
        "measured_rto_seconds": seconds,
        "measured_rpo_seconds": 5 * 3600 + int(1800 * chance(job_id, day + 1)),
        "complaints": [],
        "server_version": "15.8",
        "ran_as": "itops-restore",
        "is_own_account": True,
    }
    words = {"n": len(rows), "seconds": round(seconds)}
    finding = Finding(RESTORE_TEST, State.OK, Message("backup.restore.ok", words))
    return _record(job_id, run_id, finding, known.on(day, 6, 30), facts)


def _zip(backup: DemoBackup, rows: dict[str, int]) -> Iterator[tuple[tuple[str, int], int]]:
    return zip(backup.tables, rows.values(), strict=True)


def _answer(table: str, rows: int, count: int) -> dict[str, Any]:
    said = Message("backup.assertion.rows_ok", {"table": table, "rows": rows, "least": count // 2})
    return {"state": State.OK.value, "message": said.as_json()}


def _record(
    job_id: int, run_id: int, finding: Finding, at: datetime, facts: dict[str, Any]
) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "run_id": run_id,
        "level": VerificationLevel(finding.name),
        "at": at,
        "state": finding.state,
        "message": finding.message.as_json(),
        "facts": facts,
        "ordered_by": "",
        "is_demo": True,
    }
