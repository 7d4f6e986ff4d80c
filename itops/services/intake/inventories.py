"""Keeps a host's newest inventory, and writes a row for everything that changed since the last."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from itops.checks.host_inventory import Inventory as Report
from itops.models import Host, HostIdentifier, Inventory, InventoryChange
from itops.services.intake.inventory_changes import changes_between
from itops.services.intake.known import Known
from itops.services.intake.writes import MEMORY, Writes, as_text


def store(  # noqa: PLR0913 - when it was taken and when it came are two things
    connection: Connection,
    writes: Writes,
    host: Known,
    report: Report,
    raw: bytes,
    *,
    taken_at: datetime,
    at: datetime,
) -> None:
    """Keep an inventory unless a newer one is here, with what changed since the one before."""
    before = connection.execute(
        select(Inventory.taken_at, Inventory.document).where(Inventory.host_id == host.id)
    ).first()
    if before is not None and before.taken_at > taken_at:
        return
    document: dict[str, Any] = msgspec.json.decode(raw)
    values = {"taken_at": taken_at, "received_at": at, "document": document}
    if before is None:
        connection.execute(insert(Inventory).values(host_id=host.id, **values))
    else:
        connection.execute(update(Inventory).where(Inventory.host_id == host.id).values(**values))
    changes = changes_between(before.document if before else None, document)
    if changes:
        rows = [
            {"host_id": host.id, "at": taken_at, "key": change.key, "params": dict(change.params)}
            for change in changes
        ]
        connection.execute(insert(InventoryChange), rows)
    _know_again(connection, host, report)
    host.has_inventory = True
    host.memory = {**host.memory, "antivirus": _antivirus(report)}
    writes.put(MEMORY, host.id, (as_text(host.memory), host.id))


def _antivirus(report: Report) -> list[list[Any]] | None:
    """Return what later checks need to know; None where it could not be looked for."""
    if not report.antivirus and any(each.what == "antivirus" for each in report.unseen):
        return None
    return [[each.product, each.enabled, each.signature_at] for each in report.antivirus]


def _know_again(connection: Connection, host: Known, report: Report) -> None:
    """Keep the name and the marks by which the machine is known as they are now."""
    identity = report.identity
    connection.execute(
        update(Host)
        .where(Host.id == host.id)
        .values(name=identity.hostname, system=identity.system)
    )
    host.system = identity.system
    wanted = select(HostIdentifier.id, HostIdentifier.kind, HostIdentifier.value)
    rows = connection.execute(wanted.where(HostIdentifier.host_id == host.id))
    had = {(row.kind, row.value): row.id for row in rows}
    has = {(each.kind, each.value) for each in identity.identifiers}
    gone = [had[mark] for mark in had.keys() - has]
    if gone:
        connection.execute(delete(HostIdentifier).where(HostIdentifier.id.in_(gone)))
    new = [
        {"host_id": host.id, "kind": kind, "value": value}
        for kind, value in sorted(has - had.keys())
    ]
    if new:
        connection.execute(insert(HostIdentifier), new)
