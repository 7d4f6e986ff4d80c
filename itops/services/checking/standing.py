"""Where checks stand at a moment: told apart in the database, for lists, counts and other pages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select
from sqlalchemy.orm import joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import Check
from itops.models.health import Shown

#: A check that is due for longer than this, and that nobody works on, is late.
LATE_AFTER = timedelta(seconds=60)


class Standing(IntEnum):
    """A check's place in lists, worst first. OFF is unknown too, because somebody wants it so."""

    CRITICAL = 0
    UNKNOWN = 1
    WARNING = 2
    OK = 3
    OFF = 4

    @property
    def state(self) -> State:
        """The shown state."""
        return _STATES[self]


_STATES = {
    Standing.CRITICAL: State.CRITICAL,
    Standing.UNKNOWN: State.UNKNOWN,
    Standing.WARNING: State.WARNING,
    Standing.OK: State.OK,
    Standing.OFF: State.UNKNOWN,
}


@dataclass(frozen=True)
class CheckState:
    """A check with what is to be shown of it."""

    check: Check
    shown: Shown


def standing(at: datetime) -> ColumnElement[int]:
    """Return the expression of a check's Standing."""
    return case(
        (not_(Check.is_enabled), int(Standing.OFF)),
        (or_(Check.stale_at.is_(None), Check.stale_at <= at), int(Standing.UNKNOWN)),
        (Check.state == State.CRITICAL, int(Standing.CRITICAL)),
        (Check.state == State.WARNING, int(Standing.WARNING)),
        (Check.state == State.UNKNOWN, int(Standing.UNKNOWN)),
        else_=int(Standing.OK),
    )


def counts(within: ColumnElement[bool], *, at: datetime) -> dict[Standing, int]:
    """Return how many checks stand where. One query, from an index alone."""
    where = standing(at)
    rows = db.session.execute(select(where, func.count()).where(within).group_by(where)).all()
    return dict.fromkeys(Standing, 0) | {Standing(place): n for place, n in rows}


def late(*, at: datetime) -> tuple[int, float]:
    """Return how many checks are late, and by how many seconds the one that waits longest."""
    is_late = and_(
        Check.due_at < at - LATE_AFTER,
        or_(Check.lease_until_at.is_(None), Check.lease_until_at < at),
    )
    n, oldest = db.session.execute(
        select(func.count(), func.min(Check.due_at)).where(is_late)
    ).one()
    return n, (at - oldest).total_seconds() if oldest else 0.0


def check_states(
    *,
    asset_ids: Collection[int] = (),
    module_ids: Collection[int] = (),
    at: datetime,
) -> Mapping[tuple[str, int], Sequence[CheckState]]:
    """Return the checks of assets and modules, worst first, by ("asset" | "module", id).

    Unknown is shown once a verdict's time is past; checks that are switched off come last.
    """
    wanted = or_(Check.asset_id.in_(asset_ids), Check.module_id.in_(module_ids))
    found = db.session.scalars(
        select(Check).where(wanted).options(joinedload(Check.asset)).order_by(Check.name, Check.id)
    )
    by_owner: dict[tuple[str, int], list[CheckState]] = {}
    for check in found:
        state = CheckState(check, check.shown(at))
        for owner in (("asset", check.asset_id), ("module", check.module_id)):
            if owner[1] is not None:
                by_owner.setdefault((owner[0], owner[1]), []).append(state)
    return {owner: sorted(states, key=_badness) for owner, states in by_owner.items()}


def _badness(one: CheckState) -> tuple[bool, int]:
    return not one.check.is_enabled, BOARD_ORDER.index(one.shown.state)
