"""How further routes are called so that they change something: tickets, backups, labels, assets."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from itops.clock import utcnow
from itops.db import db
from itops.models import Asset, Ticket, TicketStatus, User
from itops.services.auditing import Actor
from itops.services.labels import codes
from itops.services.tickets import limit_facts
from tests import factories

Call = tuple[str, dict[str, Any]]
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"


def _versioned(thing: Ticket | Asset, act: str, **form: Any) -> Call:
    db.session.commit()
    return f"/{thing.__tablename__}s/{thing.id}/{act}", {"version": str(thing.version)} | form


def _on_ticket(act: str, **form: Any) -> Callable[[User], Call]:
    return lambda _me: _versioned(factories.ticket(), act, **form)


def _photo(_me: User) -> Call:
    return f"/tickets/{factories.ticket().id}/photo", {"photo": (BytesIO(PNG), "a.png")}


def _announced(_me: User) -> Call:
    ticket = factories.ticket()
    ticket.announcement, ticket.announced_at = "网络中断", utcnow()
    return _versioned(ticket, "withdraw")


def _merge(_me: User) -> Call:
    one = factories.ticket()
    other = factories.ticket(site_id=one.site_id)
    return _versioned(one, "merge", into=str(other.id))


def _edit_ticket(_me: User) -> Call:
    ticket: Ticket = factories.ticket()
    return _versioned(ticket, "edit", site_id=str(ticket.site_id), title="别的", what="slow")


def _backup_form(module_id: int | None, **form: Any) -> dict[str, Any]:
    return {"module_id": str(module_id), "name": "每晚", "seen_by": "heartbeat"} | form


def _edit_backup(_me: User) -> Call:
    job = factories.backup()
    form = _backup_form(job.module_id, version=str(job.version))
    return f"/backups/{job.id}/edit", form


def _labelled() -> int:
    asset = factories.asset()
    codes.codes_of([asset.id], by=Actor(None, ""), at=utcnow())
    return asset.id


def _edit_asset(_me: User) -> Call:
    asset = factories.asset()
    form = {"tag": asset.tag, "site_id": str(asset.site_id), "type_key": asset.type_key}
    return _versioned(asset, "edit", name="改名", **form)


MORE: dict[str, Callable[[User], Call]] = {
    "tickets.acts.take": _on_ticket("take"),
    "tickets.acts.assign": _on_ticket("assign", assignee=""),
    "tickets.acts.move": _on_ticket("move", to=TicketStatus.RESOLVED.value, text="好了"),
    "tickets.acts.note": _on_ticket("note", text="看过了"),
    "tickets.steps.announce": _on_ticket("announce", announcement="网络中断"),
    "tickets.steps.withdraw": _announced,
    "tickets.steps.merge": _merge,
    "tickets.steps.order": _on_ticket("order"),
    "tickets.steps.photo": _photo,
    "tickets.editing.save": _edit_ticket,
    "tickets.desk.create": lambda _me: (
        "/tickets/new",
        {"site_id": str(factories.site().id), "title": "坏了"},
    ),
    "tickets.limits.save": lambda _me: (
        "/tickets/limits",
        limit_facts.typed_of() | {"response_2": "5"},
    ),
    "backups.writing.create": lambda _me: ("/backups/new", _backup_form(factories.module().id)),
    "backups.writing.update": _edit_backup,
    "backups.writing.watch": lambda _me: (f"/backups/{factories.backup().id}/watch", {"to": "off"}),
    "backups.writing.address": lambda _me: (f"/backups/{factories.backup().id}/address", {}),
    "labels.draw": lambda _me: ("/labels", {"asset": str(factories.asset().id)}),
    "labels.renew": lambda _me: (f"/labels/asset/{_labelled()}/renew", {}),
    "labels.revoke": lambda _me: (f"/labels/asset/{_labelled()}/revoke", {}),
    "assets.writing.create": lambda _me: (
        "/assets/new",
        {
            "tag": "X-1",
            "name": "新",
            "site_id": str(factories.site().id),
            "type_key": factories.asset_type().key,
        },
    ),
    "assets.writing.update": _edit_asset,
    "assets.writing.move": lambda _me: _versioned(factories.asset(), "move", to="retired"),
    "host_acts.revoke": lambda _me: (
        f"/hosts/{(host := factories.host()).id}/revoke",
        {"name": host.name},
    ),
    "host_acts.link": lambda _me: (
        f"/hosts/{factories.host().id}/link",
        {"tag": factories.asset().tag},
    ),
}
