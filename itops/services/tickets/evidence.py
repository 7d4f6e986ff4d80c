"""What is known of a device when its ticket is opened: a snapshot, in messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.models import Alert, AlertStatus, Host, HostState, Ticket, TicketEvidence, WorkOrder
from itops.services.assets.listing import IS_LIVE

#: So many alerts and orders are kept; who wants more opens the device's page.
MOST = 5
#: Verdicts of a host's parts that are worth keeping.
MOST_FINDINGS = 10


def attach(ticket: Ticket, *, at: datetime) -> None:
    """Keep with a ticket what is known of its device now; nothing is kept where none is known."""
    if ticket.asset_id is not None:
        document = snapshot(ticket.asset_id, at=at)
        db.session.add(TicketEvidence(ticket_id=ticket.id, taken_at=at, document=document))


def snapshot(asset_id: int, *, at: datetime) -> dict[str, Any]:
    """Return a device's health, its open alerts and its latest work orders, as JSON."""
    return {
        "health": _health(asset_id, at),
        "alerts": _alerts(asset_id),
        "orders": _orders(asset_id),
    }


def _health(asset_id: int, at: datetime) -> dict[str, Any] | None:
    found = db.session.execute(
        select(Host, HostState)
        .join(HostState, HostState.host_id == Host.id)
        .where(Host.asset_id == asset_id, IS_LIVE)
    ).first()
    if found is None:
        return None
    host, state = found
    shown = state.shown(at)
    bad = [one for one in state.findings if one.get("state") != "ok"]
    return {
        "host": host.name,
        "host_id": host.id,
        "state": shown.state.value,
        "since": shown.since.isoformat() if shown.since else None,
        "reason": shown.reason.as_json() if shown.reason else None,
        "last_seen_at": state.last_seen_at.isoformat() if state.last_seen_at else None,
        "findings": [
            {"state": one["state"], "message": one["message"]} for one in bad[:MOST_FINDINGS]
        ],
    }


def _alerts(asset_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(Alert)
        .where(
            Alert.asset_id == asset_id,
            Alert.status.in_([AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED]),
        )
        .order_by(Alert.id.desc())
        .limit(MOST)
    )
    return [
        {
            "id": row.id,
            "state": row.state.value,
            "message": row.message,
            "opened_at": row.opened_at.isoformat() if row.opened_at else None,
        }
        for row in rows
    ]


def _orders(asset_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.asset_id == asset_id)
        .order_by(WorkOrder.id.desc())
        .limit(MOST)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "name_en": row.name_en,
            "status": row.status.value,
            "due_on": row.due_on.isoformat(),
            "done_at": row.done_at.isoformat() if row.done_at else None,
        }
        for row in rows
    ]
