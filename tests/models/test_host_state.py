"""What people see of a host: the verdict, unless nobody renewed it."""

from datetime import timedelta

from itops.checks.base import State
from itops.models import HostState
from tests.conftest import NOON

LATER = NOON + timedelta(minutes=3)


def heard(**given):
    return HostState(
        **{
            "host_id": 1,
            "last_seen_at": NOON,
            "stale_at": LATER,
            "state": State.OK,
            "state_since_at": NOON,
        }
        | given
    )


def key(shown):
    return shown.reason.key if shown.reason else None


def test_a_fresh_verdict_is_shown_with_its_age():
    shown = heard().shown(LATER - timedelta(seconds=1))
    assert (shown.state, shown.since, shown.reason) == (State.OK, NOON, None)


def test_silence_is_unknown_since_the_last_message():
    shown = heard().shown(LATER)
    assert (shown.state, shown.since, key(shown)) == (State.UNKNOWN, NOON, "host_state.silent")


def test_a_farewell_is_unknown_since_then_and_says_which():
    shown = heard(farewell_at=LATER, farewell_reason="shutdown").shown(LATER)
    assert (shown.state, shown.since, key(shown)) == (State.UNKNOWN, LATER, "host_state.shutdown")
    assert key(heard(farewell_at=LATER, farewell_reason="service_stop").shown(LATER)) == (
        "host_state.service_stop"
    )


def test_who_never_spoke_is_unknown():
    assert key(HostState(host_id=1).shown(NOON)) == "host_state.never_heard"
    assert key(heard(stale_at=None).shown(NOON)) == "host_state.no_health_yet"
