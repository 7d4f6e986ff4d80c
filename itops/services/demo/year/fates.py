"""What became of each of the demo's work orders: done in time, late, left open, or called off."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from itops.models import MaintenancePlan
from itops.services.demo.figures import chance
from itops.services.demo.year.known import LOCAL, Known
from itops.services.demo.year.troubles import LIS_BACKUP_LATE_DAYS
from itops.services.maintenance import planning

#: When the work of each template is done, by the hospital's clock.
DONE_AT = {"room_round": time(8, 20), "database": time(8, 50), "backup": time(4, 6)}
USUALLY_AT = time(15, 10)


class Fate(StrEnum):
    """What became of an order."""

    DONE = "done"
    LATE = "late"
    OPEN = "open"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Made:
    """An order as it was written, and when it was done."""

    id: int
    due_on: date
    fate: Fate
    done_at: datetime | None


def fate(plan: MaintenancePlan, number: int, on: date, known: Known) -> Fate:
    days_ago = (known.now.today - on).days
    if plan.template == "backup":
        return _fate_of_backup(plan, days_ago, known)
    if days_ago <= 0 or (plan.template == "antivirus" and days_ago < 7):
        return Fate.OPEN
    luck = chance(number * 7919, on.toordinal())
    if luck < 0.012:
        return Fate.OPEN if days_ago < 40 else Fate.CANCELLED
    return Fate.LATE if luck < 0.07 and days_ago > 12 else Fate.DONE


def _fate_of_backup(plan: MaintenancePlan, days_ago: int, known: Known) -> Fate:
    """Proven by the night's verification, or not at all."""
    is_read = days_ago > 0 or known.on(0, 4, 10) <= known.at
    is_late = plan.module_id == known.modules["LIS"].id and days_ago <= LIS_BACKUP_LATE_DAYS
    return Fate.DONE if is_read and days_ago >= 0 and not is_late else Fate.OPEN


def done_at(plan: MaintenancePlan, number: int, on: date, became: Fate) -> datetime | None:
    if became not in {Fate.DONE, Fate.LATE}:
        return None
    minutes = int(30 * chance(number, on.toordinal()))
    is_rare = planning.rhythm(plan).interval_days > 10
    late = (9 if is_rare else 2) if became is Fate.LATE else 0
    at = datetime.combine(on, DONE_AT.get(plan.template, USUALLY_AT), LOCAL)
    return at + timedelta(days=late, minutes=minutes if plan.template != "backup" else 0)
