"""Which asset or earlier identity a machine that asks to come in probably is, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import selectinload

from itops.db import db
from itops.errors import Message
from itops.models import Asset, Enrolment, Host, HostIdentifier, Inventory, Lifecycle

#: How much each mark says, out of 10. Names and addresses are given anew to other machines.
STRENGTHS = {
    "machine": 10,
    "dmi_uuid": 8,
    "board_serial": 8,
    "chassis_serial": 8,
    "serial": 8,
    "machine_id": 7,
    "mac": 6,
    "disk_serial": 5,
    "install_id": 5,
    "tag": 4,
    "name": 3,
    "address": 2,
}
#: What makers write where a serial number should stand.
FILLERS = {
    "default string",
    "to be filled by o.e.m.",
    "system serial number",
    "not specified",
    "not applicable",
    "none",
    "unknown",
    "o.e.m.",
    "n/a",
}
MOST = 10


@dataclass
class Match:
    """Something that a machine may be, with what speaks for it; the higher the more likely."""

    subject: Asset | Host
    reasons: list[Message] = field(default_factory=list)
    strength: int = 0

    def add(self, mark: str, value: str) -> None:
        """Count one mark that both share."""
        self.reasons.append(Message(f"match.{mark}", {"value": value}))
        self.strength += STRENGTHS[mark]


def suggestions(host: Host) -> list[Match]:
    """Return what `host` may be, likeliest first: assets without a live machine, other identities.

    Nothing is decided here; a person looks at it.
    """
    matches = [*_assets(host), *_identities(host)]
    return sorted(matches, key=lambda match: -match.strength)[:MOST]


def is_telling(value: str) -> bool:
    """Whether a mark tells machines apart: not a maker's filler, not all one character."""
    text = value.strip().casefold()
    return text not in FILLERS and len(set(text) - set("-: .")) > 1


def _marks(host: Host) -> dict[str, set[str]]:
    marks: dict[str, set[str]] = {}
    for identifier in host.identifiers:
        if is_telling(identifier.value):
            marks.setdefault(identifier.kind, set()).add(identifier.value)
    return marks


def _assets(host: Host) -> Iterable[Match]:
    marks = _marks(host)
    serials = marks.get("board_serial", set()) | marks.get("chassis_serial", set()) | _serial(host)
    macs = {form for mac in marks.get("mac", set()) for form in _forms(mac)}
    taken = select(Host.asset_id).where(
        Host.asset_id.is_not(None),
        Host.enrolment != Enrolment.REVOKED,
        Host.merged_into_id.is_(None),
        Host.id != host.id,
    )
    found = db.session.scalars(
        select(Asset)
        .where(
            or_(
                Asset.serial.in_(serials),
                Asset.mac_address.in_(macs),
                func.lower(Asset.tag) == host.name.lower(),
                Asset.name == host.name,
                (Asset.ip_address == host.address) & (Asset.ip_address != ""),
            ),
            Asset.lifecycle != Lifecycle.DISPOSED,
            Asset.is_demo == host.is_demo,
            Asset.id.not_in(taken),
        )
        .limit(5 * MOST)
    )
    return [_asset_match(asset, host, serials, macs) for asset in found]


def _asset_match(asset: Asset, host: Host, serials: set[str], macs: set[str]) -> Match:
    match = Match(asset)
    shared = {
        "serial": asset.serial if asset.serial in serials else "",
        "mac": asset.mac_address if asset.mac_address in macs else "",
        "tag": asset.tag if asset.tag.lower() == host.name.lower() else "",
        "name": asset.name if asset.name == host.name else "",
        "address": asset.ip_address if asset.ip_address == host.address else "",
    }
    for mark, value in shared.items():
        if value:
            match.add(mark, value)
    return match


def _serial(host: Host) -> set[str]:
    """Return the serial number that the machine's newest inventory gives, if it tells anything."""
    inventory = db.session.get(Inventory, host.id)
    serial = ((inventory.document if inventory else {}).get("hardware") or {}).get("serial")
    return {serial} if isinstance(serial, str) and is_telling(serial) else set()


def _forms(mac: str) -> set[str]:
    """Return the ways in which a ledger may write a MAC address."""
    digits = "".join(letter for letter in mac.lower() if letter in "0123456789abcdef")
    pairs = [digits[start : start + 2] for start in range(0, len(digits), 2)]
    low = {":".join(pairs), "-".join(pairs), digits}
    return low | {form.upper() for form in low}


def _identities(host: Host) -> Iterable[Match]:
    marks = _marks(host)
    shared = [
        (HostIdentifier.kind == kind) & HostIdentifier.value.in_(values)
        for kind, values in marks.items()
    ]
    by_marks = select(HostIdentifier.host_id).where(or_(false(), *shared))
    found = db.session.scalars(
        select(Host)
        .where(
            or_(
                Host.id.in_(by_marks),
                (Host.machine == host.machine) & (Host.machine != ""),
                Host.name == host.name,
            ),
            Host.id != host.id,
            Host.merged_into_id.is_(None),
            Host.is_demo == host.is_demo,
        )
        .options(selectinload(Host.identifiers))
        .limit(5 * MOST)
    )
    return [_identity_match(other, host, marks) for other in found]


def _identity_match(other: Host, host: Host, marks: dict[str, set[str]]) -> Match:
    match = Match(other)
    if other.machine == host.machine != "":
        match.add("machine", host.machine[:8])
    for identifier in other.identifiers:
        if identifier.value in marks.get(identifier.kind, set()):
            match.add(identifier.kind, identifier.value)
    if other.name == host.name:
        match.add("name", host.name)
    return match
