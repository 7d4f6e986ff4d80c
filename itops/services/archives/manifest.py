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
LONGEST_WORD = 100


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
        revision = told["revision"]
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]).astimezone(UTC),
            version=_word(told["version"]),
            database=_word(told["database"]),
            revision=None if revision is None else _word(revision),
            counted=_counted(**told["counted"]),
            parts={name: _part(**part) for name, part in told["parts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Damaged("no_manifest") from None


def _counted(rows: Mapping[str, Any], audit_last: Any = None, audit_head: Any = None) -> Counted:
    return Counted(
        rows={_word(table): _number(count) for table, count in rows.items()},
        audit_last=None if audit_last is None else _number(audit_last),
        audit_head=None if audit_head is None else _word(audit_head),
    )


def _part(size_bytes: Any, sha256: Any) -> Part:
    return Part(_number(size_bytes), _word(sha256))


def _word(given: Any) -> str:
    """Return a word that may stand in a terminal. Raise ValueError for anything else."""
    if not isinstance(given, str) or not given.isprintable() or len(given) > LONGEST_WORD:
        raise ValueError
    return given


def _number(given: Any) -> int:
    if type(given) is not int or given < 0:
        raise ValueError
    return given
