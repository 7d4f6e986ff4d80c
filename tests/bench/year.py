"""A year of a hospital of 5,000 machines, for measuring the month: written in bulk."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from itops.checks.base import State
from itops.db import db
from itops.models import (
    Alert,
    AlertStatus,
    BackupJob,
    BackupKind,
    Department,
    ModuleStateChange,
    SeenBy,
    SystemModule,
    Ticket,
    TicketReport,
    TicketStatus,
    Verification,
    VerificationLevel,
    WorkKind,
    WorkOrder,
    WorkStatus,
)

TICKETS, ALERTS, ORDERS, MODULES, CHANGES = 200_000, 60_000, 100_000, 60, 30_000
MESSAGE = {"key": "host_state.silent", "params": {}}
DAYS = 365
CHUNK = 5_000


def build(*, at: datetime) -> None:
    """Write a year that ends at `at` into a database that has sites and departments."""
    chance = random.Random(11)  # noqa: S311 - the same year every time
    departments = db.session.execute(select(Department.id, Department.site_id)).all()
    _modules(departments[0].site_id, chance, at)
    _write(Ticket, [_ticket(chance, departments, at) for _ in range(TICKETS)])
    _write(TicketReport, [_rating(chance, number) for number in range(TICKETS // 4)])
    _write(Alert, [_alert(chance, departments, at, number) for number in range(ALERTS)])
    _write(WorkOrder, [_order(chance, departments, at) for _ in range(ORDERS)])
    db.session.commit()


def _write(model: type[Any], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        db.session.execute(insert(model), rows[start : start + CHUNK])
    db.session.commit()


def _moment(chance: random.Random, at: datetime) -> datetime:
    return at - timedelta(seconds=chance.randrange(DAYS * 86_400))


def _ticket(chance: random.Random, departments: Any, at: datetime) -> dict[str, Any]:
    department_id, site_id = chance.choice(departments)
    opened = _moment(chance, at)
    is_over = chance.random() < 0.97
    return {
        "title": "打印机不出纸",
        "site_id": site_id,
        "department_id": department_id,
        "priority": chance.choice((1, 2, 3, 3, 4)),
        "status": TicketStatus.CLOSED if is_over else TicketStatus.NEW,
        "is_open": not is_over,
        "opened_at": opened,
        "responded_at": opened + timedelta(minutes=chance.randrange(90)),
        "resolved_at": opened + timedelta(hours=chance.randrange(1, 12)) if is_over else None,
        "response_due_at": opened + timedelta(hours=1),
        "resolution_due_at": opened + timedelta(hours=8),
    }


def _rating(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "ticket_id": 1 + number * 4,
        "request_key": f"year {number}",
        "follow_hash": number.to_bytes(32, "big"),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "rating": chance.choice((3, 4, 5, 5)),
    }


def _alert(chance: random.Random, departments: Any, at: datetime, number: int) -> dict[str, Any]:
    _department_id, site_id = chance.choice(departments)
    opened = _moment(chance, at)
    return {
        "subject": f"host:{number % 5000}",
        "rule": "disk",
        "status": AlertStatus.RESOLVED,
        "state": chance.choice((State.CRITICAL, State.WARNING)),
        "worst": State.CRITICAL,
        "subject_name": f"PC-{number % 5000}",
        "message": MESSAGE,
        "site_id": site_id,
        "first_seen_at": opened,
        "last_seen_at": opened,
        "opened_at": opened,
        "acknowledged_at": opened + timedelta(minutes=chance.randrange(120)),
        "resolved_at": opened + timedelta(hours=3),
    }


def _order(chance: random.Random, departments: Any, at: datetime) -> dict[str, Any]:
    _department_id, site_id = chance.choice(departments)
    due = (at - timedelta(days=chance.randrange(DAYS))).date()
    late = chance.choice((0, 0, 0, 1, 5, None))
    done: date | None = due + timedelta(days=late) if late is not None else None
    return {
        "kind": WorkKind.PREVENTIVE,
        "status": WorkStatus.DONE if done else WorkStatus.OPEN,
        "name": "除尘",
        "due_on": due,
        "done_on": done,
        "site_id": site_id,
        "grace_days": 3,
        "created_at": at,
    }


def _modules(site_id: int, chance: random.Random, at: datetime) -> None:
    times = {"created_at": at - timedelta(days=400), "updated_at": at}
    _write(
        SystemModule,
        [
            {"code": f"M{number}", "name": f"系统{number}", "site_id": site_id, **times}
            for number in range(MODULES)
        ],
    )
    keys = list(db.session.scalars(select(SystemModule.id)))
    moments = sorted(_moment(chance, at) for _ in range(CHANGES))
    _write(
        ModuleStateChange,
        [
            {
                "module_id": keys[number % len(keys)],
                "at": moment,
                "old": State.OK,
                "new": (State.CRITICAL, State.OK)[number // len(keys) % 2],
                "reasons": [],
            }
            for number, moment in enumerate(moments)
        ],
    )
    _write(
        BackupJob,
        [
            {
                "name": "夜间备份",
                "module_id": key,
                "site_id": site_id,
                "kind": BackupKind.POSTGRESQL,
                "seen_by": SeenBy.HEARTBEAT,
                "every_minutes": 1440,
                **times,
            }
            for key in keys[10:]
        ],
    )
    jobs = list(db.session.scalars(select(BackupJob.id)))
    _write(
        Verification,
        [
            {
                "job_id": job,
                "level": VerificationLevel.RESTORE_TEST,
                "at": at - timedelta(days=day),
                "state": State.OK,
                "message": MESSAGE,
            }
            for job in jobs
            for day in range(job % 100, DAYS, 30)
        ],
    )
