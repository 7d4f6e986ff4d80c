"""What a result makes of a check: its new state, soft or hard, and when it is due again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itops.checks.base import Finding, State
from itops.services.checking import schedule


@dataclass(frozen=True)
class Before:
    """What the row says when a result comes in."""

    id: int
    state: State
    state_since_at: datetime | None
    is_hard: bool
    hard_state: State
    streak: int
    interval_seconds: int
    retry_seconds: int
    hard_after: int
    #: Nothing was found out about it before.
    is_first: bool


@dataclass(frozen=True)
class Verdict:
    """What is written into the row, and whether that is a change to tell of."""

    state: State
    state_since_at: datetime
    is_hard: bool
    hard_state: State
    streak: int
    due_at: datetime
    stale_at: datetime
    is_change: bool


def verdict(before: Before, finding: Finding, *, is_final: bool, at: datetime) -> Verdict:
    """Given what was and what was found, return what is now.

    What is well is hard at once, and so is the first verdict of all. Other states are soft until
    they came `hard_after` times in a row, and meanwhile are looked at again sooner; where it is bad
    already for sure, another kind of bad is sure too. `is_final` is a finding that another look
    does not change, such as another host key.
    """
    state = finding.state
    is_well = state is State.OK
    streak = 0 if is_well else before.streak + 1
    is_hard = (
        is_well
        or is_final
        or before.is_first
        or streak >= before.hard_after
        or (before.is_hard and before.hard_state is not State.OK)
    )
    is_same = state is before.state and not before.is_first
    since = before.state_since_at if is_same and before.state_since_at else at
    due_at = _due(before, is_soft=not is_hard, at=at)
    return Verdict(
        state=state,
        state_since_at=since,
        is_hard=is_hard,
        hard_state=state if is_hard else before.hard_state,
        streak=streak,
        due_at=due_at,
        stale_at=schedule.stale_at(before.interval_seconds, due_at),
        is_change=not is_same or is_hard != before.is_hard,
    )


def _due(before: Before, *, is_soft: bool, at: datetime) -> datetime:
    usual = schedule.next_due(before.id, before.interval_seconds, at=at)
    return min(usual, at + timedelta(seconds=before.retry_seconds)) if is_soft else usual
