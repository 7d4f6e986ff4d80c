"""What an agent delivers in one body, and what we answer."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from itops.checks.host_inventory import Inventory
from itops.checks.host_report import Farewell, Fingerprint, Health, SpoolId, Time
from itops.errors import Message

Report = Health | Inventory | Farewell


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """What stands around the reports of one body."""

    schema: Annotated[int, Meta(ge=1, le=1_000_000)]
    spool: SpoolId
    machine: Fingerprint
    agent: Annotated[str, Meta(min_length=1, max_length=40)]
    sent_at: Time
    reports: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=500)]


@dataclass(slots=True)
class Refusal:
    """One report that is not taken, however often it comes, and why."""

    seq: int | None
    message: Message
    field: str = ""


@dataclass(slots=True)
class Delivery:
    """One body with the key that it came by, parsed; `received_at` is epoch seconds of ours."""

    public_id: str
    key_hash: bytes
    address: str
    received_at: float
    envelope: Envelope
    #: Each report with its text as it came.
    reports: list[tuple[Report, bytes]]
    refused: list[Refusal] = field(default_factory=list)


class Turned(StrEnum):
    """Why a whole delivery is turned away."""

    UNKNOWN_KEY = "unknown_key"
    QUARANTINED = "quarantined"


@dataclass(slots=True)
class Receipt:
    """What we took of a delivery; true once the transaction is committed."""

    accepted: list[int]
    already: list[int]
    refused: list[Refusal]
    enrolment: str
    inventory_wanted: bool


Outcome = Receipt | Turned
