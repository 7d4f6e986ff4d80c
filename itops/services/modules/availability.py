"""For how much of a period a module worked, was down, or nobody knows: summed from its changes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import db
from itops.models import ModuleStateChange

#: A few minutes in which a new module worked are no "100 %" of a month.
LEAST_KNOWN_SECONDS = 3600


@dataclass(frozen=True)
class Availability:
    """Seconds of a period by what was known of them, and how often it went down."""

    up_seconds: float = 0.0
    down_seconds: float = 0.0
    unknown_seconds: float = 0.0
    outages: int = 0

    @property
    def percent(self) -> float | None:
        """Up-time among what is known; None where that is too little to say anything."""
        is_enough = self.known_seconds >= LEAST_KNOWN_SECONDS or self.down_seconds
        return 100 * self.up_seconds / self.known_seconds if is_enough else None

    @property
    def known_seconds(self) -> float:
        return self.up_seconds + self.down_seconds


Stretch = tuple[State, float]


def availability(
    module_ids: Collection[int], start: datetime, end: datetime
) -> dict[int, Availability]:
    """Return each module's availability from `start` until `end`. Two queries.

    A module is down while it is critical. What is unknown counts for neither side, and is told.
    """
    before = _states_at(module_ids, start)
    changes: dict[int, list[tuple[datetime, State]]] = {key: [] for key in module_ids}
    rows = db.session.execute(
        select(ModuleStateChange.module_id, ModuleStateChange.at, ModuleStateChange.new)
        .where(
            ModuleStateChange.module_id.in_(module_ids),
            ModuleStateChange.at > start,
            ModuleStateChange.at < end,
        )
        .order_by(ModuleStateChange.module_id, ModuleStateChange.at, ModuleStateChange.id)
    )
    for module_id, at, new in rows:
        changes[module_id].append((at, new))
    return {
        key: _sum(list(_stretches(before.get(key, State.UNKNOWN), changes[key], start, end)))
        for key in module_ids
    }


def _states_at(module_ids: Collection[int], start: datetime) -> dict[int, State]:
    """Return the state of each module at a moment: that of its last change until then."""
    last = (
        select(func.max(ModuleStateChange.id))
        .where(ModuleStateChange.module_id.in_(module_ids), ModuleStateChange.at <= start)
        .group_by(ModuleStateChange.module_id)
    )
    rows = db.session.execute(
        select(ModuleStateChange.module_id, ModuleStateChange.new).where(
            ModuleStateChange.id.in_(last)
        )
    )
    return {row.module_id: row.new for row in rows}


def _stretches(
    state: State, changes: list[tuple[datetime, State]], start: datetime, end: datetime
) -> Iterator[Stretch]:
    moment = start
    for at, new in changes:
        yield state, (at - moment).total_seconds()
        moment, state = at, new
    yield state, (end - moment).total_seconds()


def _sum(stretches: list[Stretch]) -> Availability:
    def seconds(*states: State) -> float:
        return sum(length for state, length in stretches if state in states)

    outages = sum(
        1
        for place, (state, _) in enumerate(stretches)
        if state is State.CRITICAL and (place == 0 or stretches[place - 1][0] is not state)
    )
    return Availability(
        seconds(State.OK, State.WARNING),
        seconds(State.CRITICAL),
        seconds(State.UNKNOWN),
        outages,
    )
