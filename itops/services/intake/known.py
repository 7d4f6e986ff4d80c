"""What the writer knows of hosts: read once, and again as soon as anybody else has written."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from itops.checks.base import State
from itops.models import Enrolment, Host, HostSpool, HostState, Inventory
from itops.services.intake.driving import driver_cursor
from itops.services.intake.spools import Marks

#: Hosts that are kept in memory; about 2 kB each.
MOST = 20_000


@dataclass(slots=True)
class Known:
    """A host with its state, as the database has it or will have it after this transaction."""

    id: int
    public_id: str
    key_hash: bytes
    enrolment: str
    machine: str
    is_quarantined: bool
    is_merged: bool
    agent: str
    address: str
    system: str
    has_inventory: bool
    has_state: bool
    state: State
    memory: dict[str, Any]
    #: Times in epoch seconds.
    since: float | None
    taken: float | None
    stale: float | None
    farewell: float | None
    spools: dict[str, Marks] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[object, ...]:
        """What others than the writer change of a host, as _FACTS reads it."""
        return (
            self.public_id,
            self.key_hash,
            self.enrolment,
            self.machine,
            self.is_quarantined,
            self.is_merged,
        )


#: By the list of public ids as JSON, so that the statement is prepared once.
_FACTS = (
    "SELECT public_id, key_hash, enrolment, machine, quarantined_at IS NOT NULL,"
    " merged_into_id IS NOT NULL FROM host"
    " WHERE public_id IN (SELECT value FROM json_each(?))"
)


class KnownHosts:
    """The hosts that the writer has met. Only valid inside its transaction, after `refresh`."""

    def __init__(self) -> None:
        self._hosts: dict[str, Known] = {}
        self._version: object = None
        #: Those that are known to stand in the database as they do here.
        self._checked: set[str] = set()

    def refresh(self, connection: Connection) -> None:
        """Trust nothing unseen if anybody else may have changed it.

        SQLite tells whether another connection has committed since we looked. PostgreSQL does
        not, and other processes write there: the rows are read and locked every time.
        """
        version = None
        if connection.dialect.name == "sqlite":
            with driver_cursor(connection) as cursor:
                version = cursor.execute("PRAGMA data_version").fetchone()[0]
        if version is None or len(self._hosts) > MOST:
            self._hosts = {}
        if version is None or version != self._version:
            self._checked = set()
        self._version = version

    def forget(self) -> None:
        """Drop what a transaction that was rolled back may have left here."""
        self._hosts, self._version, self._checked = {}, None, set()

    def load(self, connection: Connection, public_ids: set[str]) -> None:
        """Read those of the hosts that are not known yet; on PostgreSQL also lock them."""
        # Not a difference of sets: that would walk through every host there is.
        missing = {public_id for public_id in public_ids if public_id not in self._hosts}
        doubtful = public_ids - self._checked - missing
        if doubtful:
            missing |= self._changed(connection, doubtful)
        self._checked |= public_ids
        if missing:
            self._read(connection, missing)

    def _changed(self, connection: Connection, public_ids: set[str]) -> set[str]:
        """Return those of the hosts that somebody changed; only SQLite asks.

        What hangs on a host (its state, its spools, its inventory) only the writer writes.
        """
        rows = connection.exec_driver_sql(
            _FACTS, (msgspec.json.encode(list(public_ids)).decode(),)
        ).all()
        same = {row[0] for row in rows if self._hosts[row[0]].facts == tuple(row)}
        for public_id in public_ids - same:
            del self._hosts[public_id]
        return public_ids - same

    def _read(self, connection: Connection, public_ids: set[str]) -> None:
        if connection.dialect.name != "sqlite":
            lock = select(Host.id).where(Host.public_id.in_(public_ids)).order_by(Host.id)
            connection.execute(lock.with_for_update())
        found = {}
        for row in connection.execute(_HOSTS.where(Host.public_id.in_(public_ids))):
            known = _known(row)
            found[known.id] = self._hosts[known.public_id] = known
        marks = select(HostSpool.host_id, HostSpool.spool, HostSpool.high_water, HostSpool.gaps)
        for row in connection.execute(marks.where(HostSpool.host_id.in_(found))):
            found[row.host_id].spools[row.spool] = Marks(row.high_water, row.gaps)

    def get(self, public_id: str, key_hash: bytes) -> Known | None:
        """Return the host that this key speaks for; None if there is none or it is shut out.

        Any thread may ask, to turn strangers away early; the writer's look decides.
        """
        known = self._hosts.get(public_id)
        if known is None or known.key_hash != key_hash or known.is_merged:
            return None
        return None if known.enrolment == Enrolment.REVOKED else known

    def set_aside(self, host: Known, machine: str) -> None:
        """Believe neither `host` nor who else has this machine's fingerprint."""
        for known in self._hosts.values():
            if known is host or known.machine == machine:
                known.is_quarantined = True


def is_good_key(connection: Connection, public_id: str, key_hash: bytes) -> bool:
    """Whether a key opens, by a look into the database."""
    wanted = select(Host.key_hash, Host.enrolment, Host.merged_into_id)
    row = connection.execute(wanted.where(Host.public_id == public_id)).first()
    if row is None or row.key_hash != key_hash or row.merged_into_id is not None:
        return False
    return row.enrolment is not Enrolment.REVOKED


_HOSTS = (
    select(
        Host.id,
        Host.public_id,
        Host.key_hash,
        Host.enrolment,
        Host.machine,
        Host.quarantined_at,
        Host.merged_into_id,
        Host.agent_version,
        Host.address,
        Host.system,
        HostState.host_id.label("state_id"),
        HostState.state,
        HostState.state_since_at,
        HostState.taken_at,
        HostState.stale_at,
        HostState.farewell_at,
        HostState.streaks,
        Inventory.host_id.label("inventory_id"),
    )
    .outerjoin(HostState, HostState.host_id == Host.id)
    .outerjoin(Inventory, Inventory.host_id == Host.id)
)


def _known(row: Any) -> Known:
    return Known(
        id=row.id,
        public_id=row.public_id,
        key_hash=row.key_hash,
        enrolment=row.enrolment,
        machine=row.machine,
        is_quarantined=row.quarantined_at is not None,
        is_merged=row.merged_into_id is not None,
        agent=row.agent_version,
        address=row.address,
        system=row.system,
        has_inventory=row.inventory_id is not None,
        has_state=row.state_id is not None,
        state=row.state or State.UNKNOWN,
        memory=row.streaks or {},
        since=_epoch(row.state_since_at),
        taken=_epoch(row.taken_at),
        stale=_epoch(row.stale_at),
        farewell=_epoch(row.farewell_at),
    )


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
