"""Which machine this is: several identifiers, without those that many machines share.

The fingerprint stays what it was at enrolment as long as this is evidently the same machine: a
card in a docking station comes and goes, and an unprivileged process sees fewer serial numbers
than the administrator who enrolled it. A cloned disk in another machine gets another fingerprint.
"""

from __future__ import annotations

import hashlib
import re
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Identifier = dict[str, str]

KINDS = (
    "machine_id", "dmi_uuid", "board_serial", "chassis_serial", "disk_serial", "mac", "install_id",
)  # fmt: skip
SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}
#: What makers write where an identifier should stand (compared in lower case).
PLACEHOLDERS = {
    "", "0", "none", "n/a", "na", "unknown", "default", "default string", "not specified",
    "not applicable", "not available", "not present", "not settable", "to be filled by o.e.m.",
    "to be filled by o.e.m", "to be filled by oem", "system serial number", "serial number",
    "base board serial number", "chassis serial number", "mb-1234567890", "sernum0", "o.e.m.",
    "oem", "invalid", "empty", "null", "xxxxxxx", "123456789", "1234567890", "0123456789",
    "uninitialized", "standard", "type2 - board serial number", "system product name", "..",
    "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc", "fefefefe-fefe-fefe-fefe-fefefefefefe",
}  # fmt: skip
SEPARATORS = re.compile(r"[\s:.\-_/]")
#: First bytes of addresses that software makes up or that adapters of one kind share.
VIRTUAL_MAC = re.compile(
    r"(00:05:69|00:0c:29|00:1c:14|00:50:56|00:15:5d|08:00:27|0a:00:27|00:16:3e|52:54:00|02:42:|"
    r"00:ff:|00:00:00:00|20:41:53:59|33:50:6f:45|50:50:54:50|02:00:4c:4f:4f:50|ac:de:48:00:11:22)"
)
#: What QEMU writes on every disk that it emulates.
EMULATED = re.compile(r"qm0000\d|drive-\w+")
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def is_usable(kind: str, value: str) -> bool:
    """Say whether `value` can tell this machine from others."""
    plain = value.strip().lower()
    digits = SEPARATORS.sub("", plain)
    if plain in PLACEHOLDERS or EMULATED.fullmatch(plain) or len(set(digits)) < 2:
        return False
    if kind == "mac":
        return is_usable_mac(plain)
    return len(digits) >= 4


def is_usable_mac(value: str) -> bool:
    """Say whether a card's maker gave this address to one card only."""
    if not MAC.fullmatch(value) or VIRTUAL_MAC.match(value):
        return False
    first = int(value[:2], 16)
    made_up_or_group = first & 0b11
    return not made_up_or_group


def usable(found: Iterable[Identifier]) -> list[Identifier]:
    """Return what identifies, each once, in a fixed order and spelling."""
    kept = {
        (each["kind"], each["value"].strip().lower())
        for each in found
        if is_usable(each["kind"], each["value"])
    }
    return [{"kind": kind, "value": value} for kind, value in sorted(kept)]


def fingerprint(identifiers: Iterable[Identifier]) -> str:
    """Return sha256 over the sorted lines "kind=value", each with its line feed, in hex."""
    lines = sorted(f"{each['kind']}={each['value']}\n" for each in identifiers)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def same_machine(enrolled: Iterable[Identifier], seen: Iterable[Identifier]) -> bool:
    """Say whether the identifiers seen now are those of the machine that was enrolled.

    Kinds that can be seen only sometimes count only where both sides have them. A board or a
    machine id that differs means another machine; of cards and disks, one in common is enough.
    """
    then, now = by_kind(enrolled), by_kind(seen)
    both = set(then) & set(now)
    single = both & {"machine_id", "dmi_uuid", "board_serial", "chassis_serial", "install_id"}
    if any(then[kind] != now[kind] for kind in single):
        return False
    firm = single & {"dmi_uuid", "board_serial", "chassis_serial"}
    several = both & {"mac", "disk_serial"}
    if firm or not several:
        return bool(both)
    return any(then[kind] & now[kind] for kind in several)


def by_kind(identifiers: Iterable[Identifier]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for each in identifiers:
        kinds.setdefault(each["kind"], set()).add(each["value"])
    return kinds


def describe(identifiers: list[Identifier]) -> dict[str, object]:
    """Return the `identity` of the wire."""
    return {
        "hostname": socket.gethostname(),
        "system": SYSTEMS.get(sys.platform, sys.platform),
        "identifiers": identifiers,
    }
