"""A November with something of everything, and what is counted of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, true

from itops.checks.base import State
from itops.db import Base, db
from itops.models import (
    Alert,
    AlertStatus,
    BackupJob,
    BackupKind,
    Department,
    Evidence,
    ModuleStateChange,
    ProvenBy,
    SeenBy,
    Site,
    SystemModule,
    Ticket,
    TicketReport,
    TicketStatus,
    WorkKind,
    WorkOrder,
    WorkStatus,
)
from itops.services.maintenance.findings import FOUND
from itops.services.months.period import Look, Month
from tests import factories

ZONE = ZoneInfo("Asia/Shanghai")
NOVEMBER = Month(2026, 11)
T = TypeVar("T", bound=Base)
#: Noon of a day of November, in the hospital.
NOON = datetime(2026, 11, 10, 4, tzinfo=UTC)
AFTER = datetime(2026, 12, 5, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def look(at: datetime = AFTER, month: Month = NOVEMBER, within: Any = None) -> Look:
    """Return a look at November from after its end, that reaches everywhere."""
    return Look(month, at, ZONE, within or (lambda model: true()))


def ticket(site: Site, department: Department | None, **given: Any) -> Ticket:
    """Return a ticket whose limits are an hour to answer and eight to solve."""
    opened_at = given.pop("opened_at", NOON)
    filled = {
        "title": "打印机",
        "site": site,
        "department": department,
        "priority": 3,
        "opened_at": opened_at,
        "response_due_at": opened_at + HOUR,
        "resolution_due_at": opened_at + 8 * HOUR,
    }
    made = Ticket(**filled | given)
    made.is_open = made.resolved_at is None
    return _added(made)


def tickets(site: Site, department: Department) -> list[Ticket]:
    """Make five tickets of a department that count, and two that don't."""
    quick = ticket(
        site, department, responded_at=NOON + HOUR / 2, resolved_at=NOON + HOUR * 2, priority=1
    )
    slow = ticket(site, department, responded_at=NOON + 2 * HOUR, resolved_at=NOON + 9 * HOUR)
    nobody = ticket(site, department)
    held = ticket(site, department, status=TicketStatus.ON_HOLD, responded_at=NOON + HOUR / 4)
    last = ticket(
        site,
        department,
        opened_at=datetime(2026, 11, 30, 15, 59, tzinfo=UTC),
        responded_at=datetime(2026, 11, 30, 16, 10, tzinfo=UTC),
    )
    ticket(site, department, opened_at=datetime(2026, 11, 30, 16, 1, tzinfo=UTC))
    ticket(site, department, status=TicketStatus.MERGED)
    for number, rating in enumerate((5, 4, 2)):
        _added(
            TicketReport(
                ticket_id=quick.id,
                request_key=f"key {number}",
                follow_hash=bytes([number]) * 32,
                at=NOON,
                rating=rating,
                rated_at=NOON + DAY,
            )
        )
    return [quick, slow, nobody, held, last]


def alert(site: Site, **given: Any) -> Alert:
    """Return an alert of November."""
    number = given.pop("number", 1)
    filled = {
        "subject": f"host:{number}",
        "rule": "disk",
        "status": AlertStatus.RESOLVED,
        "state": State.CRITICAL,
        "worst": given.get("state", State.CRITICAL),
        "subject_name": f"LIS-SRV-{number}",
        "message": {"key": "host_state.silent", "params": {}},
        "site": site,
        "first_seen_at": NOON,
        "opened_at": NOON,
        "last_seen_at": NOON,
    }
    return _added(Alert(**filled | given))


def alerts(site: Site) -> None:
    """Make four alerts that count, and two that don't."""
    for number, minutes in enumerate((5, 10, 60)):
        alert(site, number=number, acknowledged_at=NOON + timedelta(minutes=minutes))
    alert(site, number=4, state=State.WARNING, resolved_at=NOON + HOUR)
    alert(site, number=5, status=AlertStatus.SOFT, opened_at=None)
    alert(site, number=6, opened_at=NOON - 30 * DAY)


def order(site: Site, due_on: date, done_on: date | None = None, **given: Any) -> WorkOrder:
    """Return a preventive order that may be done two days late."""
    filled = {
        "kind": WorkKind.PREVENTIVE,
        "status": WorkStatus.DONE if done_on else WorkStatus.OPEN,
        "name": "除尘",
        "due_on": due_on,
        "done_on": done_on,
        "site": site,
        "grace_days": 2,
        "created_at": NOON,
    }
    return _added(WorkOrder(**filled | given))


def orders(site: Site) -> None:
    """Make four orders that count (two on time, one late, one missed), and two that don't."""
    for due, done in ((5, 5), (6, 8), (7, 10), (8, None)):
        order(site, date(2026, 11, due), date(2026, 11, done) if done else None)
    order(site, date(2026, 11, 9), status=WorkStatus.CANCELLED)
    order(site, date(2026, 11, 9), kind=WorkKind.CORRECTIVE)
    finding(db.session.scalars(select(WorkOrder).order_by(WorkOrder.id)).first())


def finding(of: WorkOrder | None) -> None:
    """Let somebody have found something while they did an order."""
    assert of is not None
    found = {"key": FOUND, "params": {"name": "李建国", "n": 1}}
    person = {"kind": ProvenBy.PERSON, "rule": "attested", "at": of.created_at, "by": "李建国"}
    said = {"message": found, "is_finding": True, "facts": {"answers": []}}
    db.session.add(Evidence(order_id=of.id, **said, **person))


def job(module: SystemModule, **given: Any) -> BackupJob:
    """Return a backup job of a module."""
    filled = {
        "name": "夜间备份",
        "module": module,
        "site": module.site,
        "kind": BackupKind.POSTGRESQL,
        "seen_by": SeenBy.HEARTBEAT,
        "every_minutes": 1440,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return _added(BackupJob(**filled | given))


def modules(site: Site) -> list[SystemModule]:
    """Make a proven module, two that are not, and one without a backup."""
    proven, stale, half, bare = (
        factories.module(code=code, site=site) for code in ("EMR", "HIS", "LIS", "PACS")
    )
    factories.restored(job(proven), at=NOON)
    old = job(stale)
    factories.restored(old, at=NOON - 120 * DAY)
    factories.restored(old, at=NOON, state=State.CRITICAL)
    factories.restored(job(half), at=NOON)
    job(half)
    return [proven, stale, half, bare]


def change(module: SystemModule, at: datetime, old: State, new: State) -> ModuleStateChange:
    return _added(ModuleStateChange(module_id=module.id, at=at, old=old, new=new))


def outages(module: SystemModule) -> None:
    """Let a module be well from October on, down twice in November, the second time to its end."""
    change(module, NOON - 20 * DAY, State.UNKNOWN, State.OK)
    change(module, NOON, State.OK, State.CRITICAL)
    change(module, NOON + 6 * HOUR, State.CRITICAL, State.WARNING)
    change(module, NOON + 20 * DAY, State.WARNING, State.CRITICAL)


def _added(row: T) -> T:
    db.session.add(row)
    db.session.flush()
    return row
