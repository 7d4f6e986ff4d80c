"""A key that two machines use, or a number used twice, is set aside until a person decides."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from itops.errors import Message
from itops.models import AuditEntry, Enrolment, Host, insert_entry
from itops.services.intake.known import Known
from itops.services.intake.messages import Delivery


def two_machines(connection: Connection, host: Known, delivery: Delivery, *, at: datetime) -> None:
    """Set aside a host whose key came from another machine, and the identity that machine has."""
    machine = delivery.envelope.machine
    message = Message(
        "quarantine.two_machines",
        {"one": host.machine[:8], "other": machine[:8], "address": delivery.address},
    )
    same = or_(
        Host.id == host.id, (Host.machine == machine) & (Host.enrolment != Enrolment.REVOKED)
    )
    rows = connection.execute(
        select(Host.id, Host.name).where(same, Host.quarantined_at.is_(None)).order_by(Host.id)
    ).all()
    for host_id, name in rows:
        _set_aside(connection, host_id, name, message, delivery.address, at=at)


def number_reused(
    connection: Connection, host: Known, delivery: Delivery, seq: int, *, at: datetime
) -> None:
    """Set aside a host that sent another report under a number that we have."""
    message = Message("quarantine.number_reused", {"seq": seq, "address": delivery.address})
    name = connection.execute(select(Host.name).where(Host.id == host.id)).scalar_one()
    _set_aside(connection, host.id, name, message, delivery.address, at=at)


def settle(connection: Connection, host: Known, machine: str) -> None:
    """Take a released host's next fingerprint for its own."""
    connection.execute(update(Host).where(Host.id == host.id).values(machine=machine))
    host.machine = machine


def _set_aside(
    connection: Connection, host_id: int, name: str, message: Message, address: str, *, at: datetime
) -> None:
    why: dict[str, Any] = message.as_json()
    connection.execute(
        update(Host).where(Host.id == host_id).values(quarantined_at=at, quarantine=why)
    )
    entry = AuditEntry(
        at=at,
        actor_name="",
        address=address,
        action="host.quarantined",
        subject_kind=Host.__tablename__,
        subject_id=host_id,
        subject_name=name,
        after=why,
    )
    insert_entry(connection, entry)
