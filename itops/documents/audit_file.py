"""The audit log as rows of a file."""

import json
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from itops.documents.spreadsheets import Cell
from itops.models import AuditEntry

COLUMNS = ("id", "at", "person", "address", "action", "kind", "subject_id", "subject", "result")


def audit_rows(entries: Iterable[AuditEntry], zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    """Yield a head and a row for each entry; times in `zone`, with their offset."""
    yield (*COLUMNS, "before", "after")
    for entry in entries:
        yield (
            entry.id,
            entry.at.astimezone(zone).isoformat(timespec="seconds"),
            entry.actor_name,
            entry.address,
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            entry.subject_name,
            entry.result.value,
            _json(entry.before),
            _json(entry.after),
        )


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False) if facts else ""
