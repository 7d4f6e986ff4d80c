"""Whether there is a new backup, and whether it is really a new one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itops.checks.base import Finding, State
from itops.errors import Message

NAME = "freshness"


@dataclass(frozen=True)
class Rhythm:
    """How often a backup is made, how late it may be, and how much may be lost at most."""

    every: timedelta
    grace: timedelta
    rpo: timedelta | None = None


@dataclass(frozen=True)
class Seen:
    """The newest run of a backup: when it ended, whether it failed, whether it is an old file."""

    at: datetime
    has_failed: bool = False
    #: When the same content was seen before; a file that was only touched is no new backup.
    same_as_at: datetime | None = None


def evaluate(seen: Seen | None, rhythm: Rhythm, *, at: datetime) -> Finding:
    """Given the newest run, return whether it is as new as promised. Nothing seen is unknown."""
    if seen is None:
        return _said(State.UNKNOWN, "backup.fresh.never")
    if seen.has_failed:
        return _said(State.CRITICAL, "backup.fresh.failed", at=seen.at.isoformat())
    if seen.same_as_at is not None:
        return _said(State.CRITICAL, "backup.fresh.touched", at=seen.same_as_at.isoformat())
    if seen.at > at + rhythm.grace:
        return _said(State.UNKNOWN, "backup.fresh.from_the_future", at=seen.at.isoformat())
    return _by_age(at - seen.at, rhythm)


def _by_age(age: timedelta, rhythm: Rhythm) -> Finding:
    hours = round(age / timedelta(hours=1), 1)
    longest = min(2 * rhythm.every, rhythm.rpo or 2 * rhythm.every) + rhythm.grace
    if age > longest:
        return _said(State.CRITICAL, "backup.fresh.overdue", hours=hours)
    if age > rhythm.every + rhythm.grace:
        return _said(State.WARNING, "backup.fresh.late", hours=hours)
    return _said(State.OK, "backup.fresh.ok", hours=hours)


def _said(state: State, key: str, **params: object) -> Finding:
    return Finding(NAME, state, Message(key, params))
