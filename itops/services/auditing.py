"""The audit log: one entry for each change that a person makes, in the same transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from itops.db import Base, db
from itops.models import AuditEntry, Result

#: Columns whose content is nobody's business, or says nothing to a reader.
NOT_WRITTEN = {
    "password_hash",
    "key_hash",
    "code_hash",
    "token_hash",
    "follow_hash",
    "sealed",
    "sealed_by",
    "request_key",
    "version",
    "updated_at",
    "last_good_at",
    "last_bad_at",
    "last_error",
}


@dataclass(frozen=True)
class Actor:
    """Who acts: the account (None: nobody is signed in, or the command line), name and address."""

    id: int | None
    name: str
    address: str = ""
    #: The colleagues on leave without whose roles, handed over, this act would be refused.
    acts_for: tuple[str, ...] = ()


def record(  # noqa: PLR0913 - an entry of the log has this many parts
    action: str,
    subject: Base | None = None,
    *,
    by: Actor,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    result: Result = Result.DONE,
) -> AuditEntry:
    """Write down that `by` did `action` ("asset.edited") to `subject`.

    Given facts before and after (see `facts`), only those that differ are kept. What only a
    stand-in may do says for whom.
    """
    if before is not None and after is not None:
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        before = {name: before[name] for name in before if name in changed}
        after = {name: after[name] for name in after if name in changed}
    if by.acts_for:
        after = {**(after or {}), "acts_for": list(by.acts_for)}
    db.session.flush()
    entry = AuditEntry(
        at=at,
        actor_id=by.id,
        actor_name=by.name,
        address=by.address,
        action=action,
        subject_kind=subject.__tablename__ if subject is not None else "",
        subject_id=getattr(subject, "id", None),
        subject_name=_name_of(subject),
        before=before,
        after=after,
        result=result,
    )
    db.session.add(entry)
    return entry


def facts(thing: Base) -> dict[str, Any]:
    """Return the columns of a row as the log keeps them, without what it must not hold."""
    return {
        column.key: _plain(getattr(thing, column.key))
        for column in thing.__mapper__.column_attrs
        if column.key not in NOT_WRITTEN
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value.isoformat() if isinstance(value, datetime | date) else value


def _name_of(subject: Base | None) -> str:
    for attribute in ("tag", "login", "name", "hint"):
        found = getattr(subject, attribute, None)
        if found:
            return str(found)[:255]
    return ""
