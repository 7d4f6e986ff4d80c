"""One host with all that is known of it, read in a fixed number of queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from itops.checks.base import State
from itops.db import db
from itops.models import (
    Asset,
    Host,
    HostIdentifier,
    HostState,
    Inventory,
    InventoryChange,
    Location,
    StateChange,
)

#: Lines of a timeline on the page.
MOST_EVENTS = 12
MOST_CHANGES = 6
MOST_IDENTITIES = 10
#: What the page shows of an inventory; the long list of software stays in the database.
PARTS = ("os", "hardware", "cpu", "memory_bytes", "addresses", "antivirus", "updates", "unseen")
INVENTORY = select(Inventory.taken_at, *(Inventory.document[part] for part in PARTS)).where(
    Inventory.host_id == bindparam("host_id")
)


@dataclass(frozen=True)
class Disk:
    """A file system as the newest report tells it; figures are None where it could not be read."""

    mount: str
    name: str
    state: State
    total_bytes: int | None
    free_bytes: int | None
    #: Why there are no figures: "timeout", "denied", "error"; "ok" where there are.
    reading: str

    @property
    def used_percent(self) -> float | None:
        if not self.total_bytes or self.free_bytes is None:
            return None
        return 100 * (self.total_bytes - self.free_bytes) / self.total_bytes


@dataclass(frozen=True)
class HostPage:
    """What the page of a host shows."""

    host: Host
    state: HostState
    latest: Mapping[str, Any]
    services: Sequence[Mapping[str, Any]]
    inventory: Mapping[str, Any]
    inventory_at: datetime | None
    events: Sequence[StateChange]
    changes: Sequence[InventoryChange]
    former: Sequence[Host]

    def findings(self, *, counting: bool) -> list[Mapping[str, Any]]:
        """Return the findings that make the state, or those that say what can't be seen."""
        return [one for one in self.state.findings if one.get("counts", True) is counting]

    def since(self, name: str) -> datetime | None:
        """Return since when a finding stands, as far as the transitions tell."""
        found: datetime | None = None
        for event in self.events:
            if name not in {one["name"] for one in event.findings}:
                break
            found = event.at
        return found

    def disks(self) -> list[Disk]:
        """Return the file systems, worst first."""
        states = {one["name"]: State(one["state"]) for one in self.state.findings}
        disks = [_disk(one, states) for one in _dicts(self.latest.get("disks"))]
        order = list(State)
        return sorted(disks, key=lambda disk: (-order.index(disk.state), -(disk.used_percent or 0)))

    def worst_services(self) -> list[Mapping[str, Any]]:
        """Return the services, failed ones first, then by name."""
        return sorted(
            self.services, key=lambda one: (one["state"] != "failed", one["name"].lower())
        )


def read(host: Host) -> HostPage:
    """Return the page of a host that `find` gave. Six queries."""
    state = db.session.get_one(HostState, host.id)
    parts, inventory_at = _inventory(host.id)
    return HostPage(
        host=host,
        state=state,
        latest=_parsed(state.latest) or {},
        services=_dicts(_parsed(state.services)),
        inventory=parts,
        inventory_at=inventory_at,
        events=_newest(StateChange, host.id, MOST_EVENTS),
        changes=_newest(InventoryChange, host.id, MOST_CHANGES),
        former=db.session.scalars(
            select(Host).where(Host.merged_into_id == host.id).limit(MOST_IDENTITIES)
        ).all(),
    )


def with_places() -> Sequence[Any]:
    """Return the options that load with a host what its page names: its asset and its place."""
    asset = joinedload(Host.asset)
    room = asset.joinedload(Asset.location)
    return (
        asset.joinedload(Asset.type),
        asset.joinedload(Asset.department),
        room.joinedload(Location.parent).joinedload(Location.parent),
        joinedload(Host.site),
        joinedload(Host.merged_into),
    )


def identifiers(host: Host) -> Sequence[HostIdentifier]:
    """Return the marks by which a machine is known."""
    return sorted(host.identifiers, key=lambda one: (one.kind, one.value))


def changes_of(host: Host, count: int) -> Sequence[InventoryChange]:
    """Return what changed about a machine, newest first."""
    return _newest(InventoryChange, host.id, count)


def _newest(model: Any, host_id: int, count: int) -> Sequence[Any]:
    return db.session.scalars(
        select(model).where(model.host_id == host_id).order_by(model.at.desc()).limit(count)
    ).all()


def _inventory(host_id: int) -> tuple[dict[str, Any], datetime | None]:
    row = db.session.execute(INVENTORY, {"host_id": host_id}).first()
    return (dict(zip(PARTS, row[1:], strict=True)), row[0]) if row else ({}, None)


def _disk(given: Mapping[str, Any], states: Mapping[str, State]) -> Disk:
    mount, name = str(given["mount"]), f"disk:{given['mount']}"
    reading = str(given["state"])
    state = states.get(name, State.OK if reading == "ok" else State.UNKNOWN)
    return Disk(mount, name, state, given.get("total_bytes"), given.get("free_bytes"), reading)


def _parsed(stored: bytes | None) -> Any:
    return json.loads(stored) if stored else None


def _dicts(given: Any) -> list[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
