"""Duties: work that comes round. A row says when each is due; it is claimed by an update.

The database is the truth: whoever changes the row's lease does the work, so two workers by
mistake do each thing once, and what a killed worker left is done when its lease is over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Update, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from itops.config import Settings
from itops.db import db
from itops.models import Duty
from itops.services import housekeeping, retention, silence
from itops.services.demo import pulse
from itops.services.history import packing
from itops.services.leases import LEASE, LeaseLost

#: After a failure a duty is tried again this soon, or when it comes round if that is sooner.
AGAIN_AFTER = timedelta(minutes=5)
#: What a duty does: it yields after each piece of work, and the caller commits.
Pieces = Iterator[None]


@dataclass(frozen=True)
class DutyKind:
    """How often a duty comes round, and what is done then."""

    every: timedelta
    work: Callable[[datetime, Settings], Pieces]


def _pack(at: datetime, settings: Settings) -> Pieces:
    return packing.pack(at=at, keep=timedelta(hours=settings.keep_reports_hours))


def _beat(at: datetime, _settings: Settings) -> Pieces:
    pulse.beat(at=at)
    yield


Kinds = Mapping[str, DutyKind]
#: Every duty by its name, which is also the key of its row.
DUTIES: Kinds = MappingProxyType(
    {
        "packing": DutyKind(timedelta(minutes=2), _pack),
        "silence": DutyKind(timedelta(seconds=30), silence.note_silence),
        "retention": DutyKind(timedelta(days=1), retention.thin_out),
        "demo": DutyKind(timedelta(minutes=1), _beat),
        "housekeeping": DutyKind(timedelta(hours=1), housekeeping.tidy_up),
    }
)


@dataclass
class Claim:
    """A duty that is ours until `until`."""

    name: str
    until: datetime


@dataclass(frozen=True)
class Standing:
    """By how many seconds a duty is late (0: it is not), and how many it took last."""

    name: str
    lag_seconds: float
    last_seconds: float | None


def are_planned(kinds: Kinds = DUTIES) -> bool:
    """Whether every duty has its row."""
    return kinds.keys() <= set(db.session.scalars(select(Duty.name)))


def plan(kinds: Kinds = DUTIES, *, at: datetime) -> None:
    """Make the rows of duties that have none yet, due at once."""
    known = set(db.session.scalars(select(Duty.name)))
    for name in kinds.keys() - known:
        row = _insert().values(name=name, due_at=at, last_error="")
        db.session.execute(row.on_conflict_do_nothing())


def next_due(kinds: Kinds = DUTIES, *, at: datetime) -> str | None:
    """Return the duty that has been due for longest and that nobody works on."""
    return db.session.scalar(
        select(Duty.name)
        .where(Duty.name.in_(kinds), Duty.due_at <= at, _is_free(at))
        .order_by(Duty.due_at)
        .limit(1)
    )


def claim(name: str, *, at: datetime) -> Claim | None:
    """Take the duty, unless somebody else just did or did it."""
    until = at + LEASE
    taken = update(Duty).where(Duty.name == name, Duty.due_at <= at, _is_free(at))
    return Claim(name, until) if _changes(taken.values(lease_until_at=until)) else None


def keep(claimed: Claim, *, at: datetime) -> None:
    """Stay in charge, in the transaction of the work itself. Raise LeaseLost if we are not."""
    until = max(at + LEASE, claimed.until)
    _own(claimed, lease_until_at=until)
    claimed.until = until


def finish(claimed: Claim, kind: DutyKind, *, at: datetime, seconds: float) -> None:
    """Write down that the duty is done, and when it is due again."""
    _own(
        claimed,
        due_at=at + kind.every,
        lease_until_at=None,
        last_done_at=at,
        last_seconds=seconds,
        last_error="",
    )


def leave(claimed: Claim, *, at: datetime) -> None:
    """Put the duty down half-way, for whoever comes next."""
    _own(claimed, due_at=at, lease_until_at=None)


def fail(claimed: Claim, kind: DutyKind, error: str, *, at: datetime) -> None:
    """Write down what went wrong; the duty is tried again soon."""
    again = at + min(kind.every, AGAIN_AFTER)
    _own(claimed, due_at=again, lease_until_at=None, last_error=error[:500])


def standing(*, at: datetime) -> list[Standing]:
    """Return how every duty stands."""
    rows = db.session.execute(select(Duty.name, Duty.due_at, Duty.last_seconds)).all()
    return [
        Standing(name, max(0.0, (at - due_at).total_seconds()), seconds)
        for name, due_at, seconds in rows
    ]


def _own(claimed: Claim, **values: object) -> None:
    mine = update(Duty).where(Duty.name == claimed.name, Duty.lease_until_at == claimed.until)
    if not _changes(mine.values(**values)):
        raise LeaseLost(claimed.name)


def _changes(statement: Update) -> bool:
    return bool(db.session.connection().execute(statement).rowcount == 1)


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(Duty.lease_until_at.is_(None), Duty.lease_until_at < at)


def _insert() -> postgresql.Insert | sqlite.Insert:
    is_postgresql = db.session.connection().dialect.name == "postgresql"
    return postgresql.insert(Duty) if is_postgresql else sqlite.insert(Duty)
