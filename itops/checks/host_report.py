"""What a host reports: the parsed forms of docs/agent-report.md, with every bound it names.

Every field must be there; what is not known is null. (`api.plainness` counts on it.)
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

#: The newest schema that we know. A newer one may hold more; the rest must still be as here.
SCHEMA = 1

Text = Annotated[str, Meta(max_length=4096)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
ShortName = Annotated[str, Meta(min_length=1, max_length=80)]
#: Seconds since 1970; the end keeps a nonsense clock from breaking what computes with it.
Time = Annotated[float, Meta(ge=0, le=32_503_680_000)]
Number = Annotated[float, Meta(ge=0, le=1e15)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Bytes = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Sequence = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Celsius = Annotated[float, Meta(ge=-300, le=2000)]
Skew = Annotated[float, Meta(ge=-32_503_680_000, le=32_503_680_000)]
Fingerprint = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
SpoolId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]


class Part(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A part of a report without lists."""


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a report that holds lists."""


class Cpu(Part):
    percent: Percent
    user_percent: Percent
    system_percent: Percent
    iowait_percent: Percent | None
    count: Count


class Load(Part):
    m1: Number
    m5: Number
    m15: Number


class Memory(Part):
    total_bytes: Bytes
    available_bytes: Bytes


class Swap(Part):
    total_bytes: Bytes
    used_bytes: Bytes


class Disk(Part):
    """One file system; without figures where it did not answer."""

    mount: Name
    device: Text
    fstype: Annotated[str, Meta(max_length=80)]
    state: Literal["ok", "timeout", "denied", "error"]
    total_bytes: Bytes | UnsetType = UNSET
    free_bytes: Bytes | UnsetType = UNSET
    inodes_percent: Percent | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if self.state == "ok" and UNSET in (
            self.total_bytes,
            self.free_bytes,
            self.inodes_percent,
        ):
            raise ValueError("a disk that is ok has total_bytes, free_bytes and inodes_percent")


class DiskIo(Part):
    read_bytes_per_second: Number
    write_bytes_per_second: Number
    busy_percent: Percent | None


class Network(Part):
    received_bytes_per_second: Number
    sent_bytes_per_second: Number
    errors_per_second: Number


class Temperature(Part):
    label: Name
    celsius: Celsius
    high_celsius: Celsius | None


class Fan(Part):
    label: Name
    rpm: Number


class Battery(Part):
    percent: Percent
    plugged: bool | None
    seconds_left: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None


class Service(Part):
    name: Name
    state: Literal["running", "stopped", "failed", "starting", "stopping", "paused", "unknown"]


class Waiting(Part):
    waiting: Count
    dropped: Count


class Unseen(Part):
    what: ShortName
    why: Literal["no_sensor", "not_supported", "denied", "timeout", "error"]


class Health(Listing, tag_field="kind", tag="health"):
    """One reading of a machine's health."""

    seq: Sequence
    taken_at: Time
    interval_seconds: Annotated[float, Meta(ge=1, le=86_400)]
    cpu: Cpu
    memory: Memory
    disks: Annotated[list[Disk], Meta(max_length=64)]
    boot_at: Time
    users: Count
    spool: Waiting
    load: Load | None
    swap: Swap | None
    disk_io: DiskIo | None
    network: Network | None
    temperatures: Annotated[list[Temperature], Meta(max_length=128)]
    fans: Annotated[list[Fan], Meta(max_length=64)]
    battery: Battery | None
    clock_skew_seconds: Skew | None
    services: Annotated[list[Service], Meta(max_length=500)] | None
    unseen: Annotated[list[Unseen], Meta(max_length=64)]


class Farewell(Listing, tag_field="kind", tag="farewell"):
    """The last word before a clean end."""

    seq: Sequence
    taken_at: Time
    reason: Literal["shutdown", "service_stop"]
