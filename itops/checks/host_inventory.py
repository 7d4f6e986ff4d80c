"""What a host says it is made of: the parsed form of an inventory (docs/agent-report.md)."""

from typing import Annotated, Literal

from msgspec import Meta

from itops.checks.host_report import (
    Bytes,
    Count,
    Listing,
    Name,
    Number,
    Part,
    Sequence,
    ShortName,
    Text,
    Time,
    Unseen,
)

Kind = Literal[
    "machine_id", "dmi_uuid", "board_serial", "chassis_serial", "disk_serial", "mac", "install_id"
]
Note = Annotated[str, Meta(max_length=255)]


class Identifier(Part):
    """One mark by which a machine is known."""

    kind: Kind
    value: Name


class Identity(Listing):
    """What a machine says it is."""

    hostname: Name
    system: Annotated[str, Meta(max_length=40)]
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=64)]


class System(Part):
    name: Note
    version: Note
    kernel: Note
    arch: Note
    installed_at: Time | None = None


class Hardware(Part):
    manufacturer: Note | None = None
    model: Note | None = None
    serial: Note | None = None
    bios: Note | None = None


class Processor(Part):
    model: Note
    cores: Count
    threads: Count
    mhz: Number | None = None


class Drive(Part):
    name: Note
    size_bytes: Bytes
    kind: Literal["ssd", "hdd", "unknown"]
    model: Note | None = None
    serial: Note | None = None


class Address(Listing):
    interface: Note
    ipv4: Annotated[list[ShortName], Meta(max_length=64)]
    ipv6: Annotated[list[ShortName], Meta(max_length=64)]
    up: bool
    mac: Annotated[str, Meta(max_length=80)] | None = None
    speed_mbps: Number | None = None


class Software(Part):
    name: Text
    version: Text
    publisher: Text | None = None
    arch: Note | None = None


class Antivirus(Part):
    product: Note
    engine_version: Note | None = None
    signature_at: Time | None = None
    signature_version: Note | None = None
    enabled: bool | None = None
    up_to_date: bool | None = None
    why_unknown: Note | None = None


class Updates(Part):
    pending: Count | None = None
    security: Count | None = None
    checked_at: Time | None = None
    why_unknown: Note | None = None


class Inventory(Listing, tag_field="kind", tag="inventory"):
    """Everything that a machine is made of, at one time."""

    seq: Sequence
    taken_at: Time
    identity: Identity
    os: System
    hardware: Hardware
    cpu: Processor
    memory_bytes: Bytes
    drives: Annotated[list[Drive], Meta(max_length=256)]
    addresses: Annotated[list[Address], Meta(max_length=256)]
    software: Annotated[list[Software], Meta(max_length=20_000)]
    antivirus: Annotated[list[Antivirus], Meta(max_length=32)]
    updates: Updates | None
    unseen: Annotated[list[Unseen], Meta(max_length=64)]
