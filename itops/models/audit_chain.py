"""The chain of the audit log: how an entry is written down for hashing, and how it is linked.

The canonical form is a JSON array in UTF-8 without spaces: the name of the form, then every column
in the order of `FACTS`, without the hash itself. Moments are UTC as "2026-03-02 04:00:00.000000";
`before` and `after` stand in it as the text that the database keeps, so that not even a change of
their spelling goes unseen.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, event, insert, select, update

from itops.db import as_json
from itops.models.audit import AuditAnchor, AuditEntry, AuditHead
from itops.models.hashes import digest_by

FORM, ANCHOR_FORM = "itops-audit-1", "itops-audit-anchor-1"
#: What of an entry is hashed, in this order.
FACTS = (
    "id",
    "algorithm",
    "previous_hash",
    "at",
    "actor_id",
    "actor_name",
    "address",
    "action",
    "subject_kind",
    "subject_id",
    "subject_name",
    "before",
    "after",
    "result",
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr).encode


def canonical(form: str, facts: Sequence[Any]) -> bytes:
    """Return what is hashed: the facts as the database keeps them, behind the form's name."""
    return _encode((form, *facts)).encode("utf-8", "surrogateescape")


def moment(at: datetime) -> str:
    """Return a moment as it is hashed, and as SQLite keeps it.

    >>> moment(datetime(2026, 3, 2, 4, tzinfo=UTC))
    '2026-03-02 04:00:00.000000'
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@event.listens_for(AuditEntry, "before_insert")
def _link_when_flushed(_mapper: object, connection: Connection, entry: AuditEntry) -> None:
    link(connection, entry)


def link(connection: Connection, entry: AuditEntry) -> None:
    """Give the entry its place at the end of the chain, which is locked until the commit."""
    head = connection.execute(
        select(AuditHead.position, AuditHead.hash, AuditHead.algorithm).with_for_update()
    ).one()
    entry.id = head.position + 1
    entry.algorithm, entry.previous_hash = head.algorithm, head.hash
    entry.hash = digest_by(head.algorithm)(canonical(FORM, _kept(entry)))
    connection.execute(update(AuditHead).values(position=entry.id, hash=entry.hash))


def insert_entry(connection: Connection, entry: AuditEntry) -> None:
    """Write an entry where there is no session."""
    link(connection, entry)
    columns = [column.key for column in AuditEntry.__mapper__.column_attrs]
    connection.execute(insert(AuditEntry), {name: getattr(entry, name) for name in columns})


def anchor_hash(anchor: AuditAnchor) -> str:
    """Return the hash that an anchor must have."""
    facts = (
        anchor.algorithm.value,
        anchor.previous_hash,
        anchor.position,
        anchor.hash,
        moment(anchor.at),
    )
    return digest_by(anchor.algorithm)(canonical(ANCHOR_FORM, facts))


def _kept(entry: AuditEntry) -> list[Any]:
    """Return the facts of an entry as the database will keep them."""
    facts = {name: getattr(entry, name) for name in FACTS}
    facts["at"] = moment(entry.at)
    facts["algorithm"], facts["result"] = entry.algorithm.value, entry.result.value
    for name in ("before", "after"):
        facts[name] = None if facts[name] is None else as_json(facts[name])
    return list(facts.values())
