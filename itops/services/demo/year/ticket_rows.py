"""Writing the demo's solved tickets: the rows that the desk's services would have left behind."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from itops.db import db
from itops.errors import Message
from itops.models import (
    Asset,
    Department,
    Impact,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketReport,
    TicketSource,
    TicketStatus,
    Urgency,
    User,
    What,
)
from itops.models.ticket import NEVER

#: Nobody contradicted for so long: a ticket that was solved is closed.
CLOSED_AFTER = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A ticket that is over, with what people said and did."""

    opened_at: datetime
    responded_at: datetime
    resolved_at: datetime
    what: What
    urgency: Urgency
    impact: Impact
    priority: int
    source: TicketSource
    site_id: int
    department: Department | None
    asset: Asset | None = None
    module_id: int | None = None
    alert_id: int | None = None
    #: The first opened it, the others said "me too".
    reporters: tuple[str, ...]
    said: str
    solved: str
    engineer: User
    rating: int | None = None
    praise: str = ""
    #: By when an answer and a solution were due.
    due: tuple[datetime, datetime]


def write(told: Sequence[Told]) -> list[int]:
    """Write tickets with their reports and timelines; return their ids."""
    if not told:
        return []
    keys = list(
        db.session.scalars(
            insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True),
            [_row(one) for one in told],
        )
    )
    pairs = list(zip(keys, told, strict=True))
    reports = [row for key, one in pairs for row in _reports(key, one)]
    db.session.execute(insert(TicketReport), reports)
    db.session.execute(
        insert(TicketEvent), [row for key, one in pairs for row in _events(key, one)]
    )
    return keys


def _row(one: Told) -> dict[str, Any]:
    response_due, resolution_due = one.due
    return {
        "kind": TicketKind.INCIDENT,
        "status": TicketStatus.CLOSED,
        "is_open": False,
        "what": one.what,
        "title": "",
        "source": one.source,
        "site_id": one.site_id,
        "department_id": one.department.id if one.department else None,
        "location_id": one.asset.location_id if one.asset else None,
        "place": "",
        "asset_id": one.asset.id if one.asset else None,
        "module_id": one.module_id,
        "alert_id": one.alert_id,
        "impact": one.impact,
        "urgency": one.urgency,
        "priority": one.priority,
        "people": len(one.reporters),
        "assignee_id": one.engineer.id,
        "opened_by": one.reporters[0],
        "opened_at": one.opened_at,
        "responded_at": one.responded_at,
        "resolved_at": one.resolved_at,
        "closed_at": one.resolved_at + CLOSED_AFTER,
        "response_due_at": response_due,
        "resolution_due_at": resolution_due,
        "next_due_at": NEVER,
        "held_seconds": 0,
        "announcement": "",
        "meanwhile": "",
        "text": one.said,
        "resolution": one.solved,
        "version": 1,
        "is_demo": True,
    }


def _reports(key: int, one: Told) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(one.reporters):
        drawn = hashlib.sha256(f"demo report {key} {place}".encode())
        rating = one.rating if place == 0 else None
        yield {
            "ticket_id": key,
            "request_key": drawn.hexdigest(),
            "follow_hash": drawn.digest(),
            "is_first": place == 0,
            "name": name,
            "phone": "",
            "department_id": one.department.id if one.department else None,
            "text": "",
            "language": "zh_Hans",
            "at": one.opened_at + timedelta(minutes=place),
            "rating": rating,
            "rated_at": one.resolved_at + timedelta(hours=1) if rating else None,
            "rating_text": one.praise if rating else "",
        }


def _events(key: int, one: Told) -> Iterator[dict[str, Any]]:
    engineer = one.engineer.name
    working, solved = (Message(f"ticket.status.{name}") for name in ("new", "in_progress"))
    yield _event(key, one.opened_at, "ticket.event.opened", by=one.reporters[0])
    for place, name in enumerate(one.reporters[1:], start=2):
        at = one.opened_at + timedelta(minutes=place - 1)
        yield _event(key, at, "ticket.event.me_too", by=name, params={"n": place})
    yield _event(
        key,
        one.responded_at,
        "ticket.event.in_progress",
        by=engineer,
        params={"old": working.as_json()},
        is_public=True,
    )
    yield _event(
        key,
        one.resolved_at,
        "ticket.event.resolved",
        by=engineer,
        params={"old": solved.as_json()},
        text=one.solved,
        is_public=True,
    )


def _event(  # noqa: PLR0913 - a line of a timeline has this many parts
    key: int,
    at: datetime,
    name: str,
    *,
    by: str,
    params: dict[str, Any] | None = None,
    text: str = "",
    is_public: bool = False,
) -> dict[str, Any]:
    return {
        "ticket_id": key,
        "at": at,
        "by": by,
        "key": name,
        "params": params or {},
        "text": text,
        "is_public": is_public,
        "report_id": None,
    }
