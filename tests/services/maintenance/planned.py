"""Plans for tests: say what matters, the rest is filled in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itops.db import db
from itops.models import Evidence, MaintenancePlan, WorkKind, WorkOrder, WorkOrderItem
from itops.services.auditing import Actor
from itops.services.maintenance import checklists
from itops.services.maintenance.checklists import Question
from itops.services.maintenance.days import Now
from tests import factories

ZONE = ZoneInfo("Asia/Shanghai")
#: A Monday in the hospital.
TODAY = date(2026, 11, 23)


def at(on: date = TODAY, hour: int = 9) -> Now:
    """Return a moment of a day in the hospital."""
    moment = datetime(on.year, on.month, on.day, hour, tzinfo=ZONE).astimezone(UTC)
    return Now(moment, ZONE)


def actor(name: str = "李建国", key: int | None = None) -> Actor:
    return Actor(key, name)


def plan(*questions: Question, **given: Any) -> MaintenancePlan:
    """Return a plan for a place, every day from TODAY on, unless told otherwise."""
    starts_on = given.get("starts_on", TODAY)
    lead_days = given.get("lead_days", 0)
    filled: dict[str, Any] = {
        "name": "机房巡检",
        "site": given.pop("site", None) or factories.site(),
        "starts_on": starts_on,
        "recurrence": "FREQ=DAILY",
        "lead_days": 0,
        "next_due_on": starts_on,
        "make_on": starts_on - timedelta(days=lead_days),
        "created_at": at().at,
        "updated_at": at().at,
        "checklist": checklists.keep(questions),
    }
    made = MaintenancePlan(**filled | given)
    db.session.add(made)
    db.session.flush()
    return made


def order(*questions: Question, **given: Any) -> WorkOrder:
    """Return an order that is due TODAY; `assets` become its items."""
    assets = given.pop("assets", ())
    site = given.pop("site", None) or (assets[0].site if assets else factories.site())
    filled: dict[str, Any] = {
        "kind": WorkKind.PREVENTIVE,
        "name": "除尘",
        "due_on": TODAY,
        "site": site,
        "created_at": at(hour=1).at,
        "checklist": checklists.keep(questions),
    }
    made = WorkOrder(**filled | given)
    db.session.add(made)
    db.session.flush()
    db.session.add_all(WorkOrderItem(order_id=made.id, asset=one) for one in assets)
    db.session.flush()
    return made


def records(made: WorkOrder, *, holds: bool = True) -> list[Evidence]:
    """Return what speaks for an order (or against it), in the order in which it was written."""
    wanted = select(Evidence).where(Evidence.order_id == made.id, Evidence.holds.is_(holds))
    return list(db.session.scalars(wanted.order_by(Evidence.id)))
