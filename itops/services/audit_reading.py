"""Reading the audit log: filters are data, the newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from itops.db import Base, db
from itops.models import AuditEntry, Result

PAGE = 50
#: A file holds this many entries at most; a period narrows it.
MOST_EXPORTED = 50_000


@dataclass(frozen=True)
class AuditWanted:
    """Which entries to read; `before` is the number of the last one on the page before."""

    person: str = ""
    action: str = ""
    kind: str = ""
    subject_id: int | None = None
    name: str = ""
    result: Result | None = None
    start: datetime | None = None
    end: datetime | None = None
    before: int | None = None


@dataclass(frozen=True)
class Change:
    """One fact of an entry: what it was and what it became; None where it was not there."""

    field: str
    was: Any
    now: Any


def read_log(wanted: AuditWanted, *, limit: int = PAGE) -> tuple[list[AuditEntry], bool]:
    """Return a page of entries, and whether there are older ones."""
    statement = (
        select(AuditEntry)
        .where(*_conditions(wanted))
        .order_by(AuditEntry.id.desc())
        .limit(limit + 1)
    )
    found = list(db.session.scalars(statement))
    return found[:limit], len(found) > limit


def last_change(thing: Base, *, since: datetime) -> AuditEntry | None:
    """Return the newest change of a thing by a person or token since a moment, if there is one."""
    about = (
        AuditEntry.subject_kind == thing.__tablename__,
        AuditEntry.subject_id == getattr(thing, "id", None),
    )
    wanted = select(AuditEntry).where(*about, AuditEntry.at >= since)
    wanted = wanted.where(AuditEntry.result == Result.DONE)
    return db.session.scalar(wanted.order_by(AuditEntry.id.desc()).limit(1))


def export_log(wanted: AuditWanted) -> Iterator[AuditEntry]:
    """Yield entries for a file, the newest first, read in pages."""
    left = MOST_EXPORTED
    while left:
        page, has_more = read_log(wanted, limit=min(1000, left))
        yield from page
        if not has_more:
            return
        left -= len(page)
        wanted = replace(wanted, before=page[-1].id)
        db.session.expunge_all()


def actions() -> list[str]:
    """Return every action that stands in the log."""
    statement = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    return list(db.session.scalars(statement))


def changes(entry: AuditEntry) -> list[Change]:
    """Return what an entry changed, in the order in which it was written down."""
    before, after = entry.before or {}, entry.after or {}
    return [Change(name, before.get(name), after.get(name)) for name in {**before, **after}]


def _conditions(wanted: AuditWanted) -> list[ColumnElement[bool]]:
    exact = (
        (AuditEntry.actor_name, wanted.person or None),
        (AuditEntry.action, wanted.action or None),
        (AuditEntry.subject_kind, wanted.kind or None),
        (AuditEntry.subject_id, wanted.subject_id),
        (AuditEntry.result, wanted.result),
    )
    conditions = [column == value for column, value in exact if value is not None]
    if wanted.name:
        conditions.append(AuditEntry.subject_name.contains(wanted.name, autoescape=True))
    if wanted.start:
        conditions.append(AuditEntry.at >= wanted.start)
    if wanted.end:
        conditions.append(AuditEntry.at < wanted.end)
    if wanted.before:
        conditions.append(AuditEntry.id < wanted.before)
    return conditions
