"""What an archive says of itself: from where it is, how many rows it holds, what its parts are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from itops.remote.backups.faults import Damaged

#: The layout of an archive; one that is newer than this is refused.
LAYOUT = 1
NAME = "manifest.json"
#: A manifest is a few kilobytes; what is larger was not written by us.
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """A member of the archive: its size and digest, unpacked."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a database holds at one moment: rows by table, and where its audit log ends."""

    rows: Mapping[str, int]
    #: The number of the last entry, and its link of the chain where the log is one.
    audit_last: int | None = None
    audit_head: str | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything about a copy that must be known before it is put in place."""

    made_at: datetime
    version: str
    #: "sqlite" or "postgresql": the one can't be restored into the other.
    database: str
    #: Of the schema; None for a database without tables.
    revision: str | None
    counted: Counted
    parts: Mapping[str, Part] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return what `read` reads back."""
        told = asdict(self) | {"layout": LAYOUT, "made_at": self.made_at.isoformat()}
        return json.dumps(told, indent=1, sort_keys=True)


def read(text: bytes) -> Manifest:
    """Return the manifest that `as_json` wrote. Raise Damaged if it is none of ours."""
    try:
        told: Mapping[str, Any] = json.loads(text)
        if told["layout"] > LAYOUT:
            raise Damaged("newer_layout")
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]).astimezone(UTC),
            version=str(told["version"]),
            database=str(told["database"]),
            revision=told["revision"],
            counted=Counted(**told["counted"]),
            parts={name: Part(**part) for name, part in told["parts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("no_manifest") from None
