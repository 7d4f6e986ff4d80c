"""What a result makes of a check: soft, hard, since when, and when it is looked at again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from itops.checks.base import Finding, State
from itops.errors import Message
from itops.services.checking.schedule import next_due, stale_at
from itops.services.checking.verdicts import Before, verdict
from tests.conftest import NOON

WELL = Before(
    id=7,
    state=State.OK,
    state_since_at=NOON - timedelta(days=1),
    is_hard=True,
    hard_state=State.OK,
    streak=0,
    interval_seconds=300,
    retry_seconds=30,
    hard_after=3,
    is_first=False,
)


def before(**given: Any) -> Before:
    return replace(WELL, **given)


def found(state: State) -> Finding:
    return Finding("tcp", state, Message("remote.failed"))


def after(was: Before, state: State, **given):
    return verdict(was, found(state), is_final=False, at=NOON, **given)


def test_a_bad_answer_is_soft_until_it_came_often_enough():
    was, hard = before(), []
    for _ in range(4):
        now = after(was, State.CRITICAL)
        hard.append((now.is_hard, now.hard_state, now.streak))
        was = before(
            state=now.state,
            state_since_at=now.state_since_at,
            is_hard=now.is_hard,
            hard_state=now.hard_state,
            streak=now.streak,
        )
    assert hard == [
        (False, State.OK, 1),
        (False, State.OK, 2),
        (True, State.CRITICAL, 3),
        (True, State.CRITICAL, 4),
    ]


def test_a_soft_one_is_looked_at_again_sooner_and_a_hard_one_at_its_own_time():
    assert after(before(), State.WARNING).due_at == NOON + timedelta(seconds=30)
    assert after(before(streak=2), State.WARNING).due_at > NOON + timedelta(seconds=149)


def test_what_is_well_is_hard_at_once_and_so_are_the_first_verdict_and_a_final_one():
    assert after(before(state=State.CRITICAL, is_hard=False, streak=1), State.OK).is_hard
    assert after(before(is_first=True), State.CRITICAL).is_hard
    assert verdict(before(), found(State.CRITICAL), is_final=True, at=NOON).is_hard


def test_where_it_is_bad_for_sure_another_kind_of_bad_is_sure_too():
    was = before(state=State.UNKNOWN, hard_state=State.UNKNOWN, streak=1)
    assert after(was, State.CRITICAL).is_hard
    assert not after(before(), State.CRITICAL).is_hard


def test_since_is_kept_while_the_state_is_the_same():
    was = before(state=State.CRITICAL, hard_state=State.CRITICAL, streak=5)
    assert after(was, State.CRITICAL).state_since_at == was.state_since_at
    assert not after(was, State.CRITICAL).is_change
    assert after(was, State.WARNING).state_since_at == NOON


def test_a_verdict_counts_until_two_looks_were_missed():
    due = NOON + timedelta(minutes=5)
    assert timedelta(minutes=7) < stale_at(300, due) - due < timedelta(minutes=10)


def test_checks_are_spread_over_their_interval_however_they_come():
    seconds = sorted((next_due(n, 60, at=NOON) - NOON).total_seconds() for n in range(5000))
    assert seconds[0] >= 30
    assert seconds[-1] < 90
    busiest = max(sum(1 for s in seconds if begin <= s < begin + 1) for begin in range(30, 90))
    assert busiest < 2 * 5000 / 60


def test_the_next_time_is_always_later_and_the_place_is_kept():
    at = NOON
    for _ in range(1000):
        due = next_due(11, 300, at=at)
        assert timedelta(seconds=150) <= due - at < timedelta(seconds=451)
        at = due
    assert abs((at - next_due(11, 300, at=NOON)).total_seconds() % 300) < 0.01
