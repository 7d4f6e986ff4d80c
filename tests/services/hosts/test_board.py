"""The fleet in figures: counts, causes, floors, and what grew since yesterday."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import true

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import Enrolment, Host, LocationKind, SiteKind, StateChange
from itops.services.hosts import board as host_board
from itops.services.hosts import causes as host_causes
from itops.services.hosts import floors as host_floors
from itops.services.hosts import standing as host_standing
from itops.services.hosts import trouble as host_trouble
from itops.services.hosts.board import Narrowing
from itops.services.hosts.standing import Standing
from itops.services.places import tree as place_tree
from tests import factories
from tests.conftest import NOON

ZONE = ZoneInfo("Asia/Shanghai")
EVERYTHING = Narrowing()
pytestmark = pytest.mark.usefixtures("app")


def watch(at=NOON, within=None):
    return host_standing.watch(at=at, zone=ZONE, within=true() if within is None else within)


def heard(state=State.OK, key="", at=NOON, **given):
    finding = {"name": "disk", "state": state.value, "message": Message(key).as_json()}
    return {
        "last_seen_at": at,
        "taken_at": at,
        "stale_at": at + timedelta(minutes=3),
        "state": state,
        "state_since_at": at - timedelta(hours=1),
        "findings": [finding] if key else [],
    } | given


def silent(since=NOON - timedelta(hours=1), **given):
    return heard(at=since, **given)


def groups(seen):
    return host_board.groups(seen, host_trouble.troubled(seen))


def causes(seen, to=EVERYTHING):
    return host_causes.causes(host_trouble.troubled(seen), to, place_tree.load(), at=seen.at)


def standings(at=NOON):
    tally = host_board.tally(groups(watch(at)))
    return {one: tally.counts[one] for one in Standing if tally.counts[one]}


def lines(to=EVERYTHING, at=NOON):
    found = causes(watch(at), to)
    return [(line.standing, len(line.hosts), line.message["key"]) for line in found]


@pytest.mark.parametrize("state", [State.CRITICAL, State.WARNING, State.UNKNOWN, State.OK])
def test_a_host_that_is_heard_stands_as_its_last_verdict_says(state):
    factories.host(state=heard(state))
    tally = host_board.tally(groups(watch()))
    assert (tally.total, tally.of(state)) == (1, 1)


def test_silence_makes_every_verdict_unknown():
    for state in State:
        factories.host(state=silent(state=state))
    assert standings() == {Standing.UNKNOWN: 4}


def test_a_machine_that_was_never_heard_is_unknown():
    factories.host()
    assert standings() == {Standing.UNKNOWN: 1}
    assert lines() == [(Standing.UNKNOWN, 1, "cause.never_heard")]


def test_a_farewell_ranks_below_trouble_unless_the_machine_should_always_run():
    server = factories.asset(type=factories.asset_type("server", is_always_on=True))
    factories.host(state=silent(farewell_at=NOON - timedelta(hours=1)))
    factories.host(state=silent(farewell_at=NOON - timedelta(hours=1)), asset=server)
    assert standings() == {Standing.QUIET: 1, Standing.UNKNOWN: 1}
    assert lines() == [(Standing.UNKNOWN, 1, "cause.switched_off")]


def test_a_silent_workstation_is_trouble_in_working_hours_only():
    factories.host(state=silent(), asset=factories.asset())
    assert standings() == {Standing.UNKNOWN: 1}
    night, saturday = NOON + timedelta(hours=9), NOON + timedelta(days=5)
    assert standings(night) == standings(saturday) == {Standing.QUIET: 1}


def test_a_machine_that_is_set_aside_is_not_believed():
    factories.host(state=heard(), quarantined_at=NOON)
    assert lines() == [(Standing.UNKNOWN, 1, "cause.quarantined")]


def test_pending_revoked_and_merged_machines_are_not_counted():
    factories.host(enrolment=Enrolment.PENDING)
    factories.host(enrolment=Enrolment.REVOKED)
    kept = factories.host(state=heard())
    factories.host(merged_into_id=kept.id, state=heard(State.CRITICAL, "a"))
    assert standings() == {Standing.OK: 1}
    assert db.session.scalar(host_board.waiting(true())) == 1
    assert lines() == []


def test_the_worst_is_first_and_unknown_comes_before_warning():
    factories.host(state=heard(State.WARNING, "w"))
    factories.host(state=silent())
    factories.host(state=heard(State.CRITICAL, "c"))
    factories.host(state=heard(State.OK))
    assert [line[0] for line in lines()] == [
        Standing.CRITICAL,
        Standing.UNKNOWN,
        Standing.WARNING,
    ]


def test_hosts_of_one_place_that_fell_silent_together_are_one_line():
    centre = factories.site(kind=SiteKind.TOWNSHIP_CENTRE)
    for minute in range(6):
        factories.host(site=centre, state=silent(NOON - timedelta(minutes=60 + minute)))
    factories.host(site=factories.site(), state=silent())
    assert sorted(lines()) == [
        (Standing.UNKNOWN, 1, "cause.silent"),
        (Standing.UNKNOWN, 6, "cause.silent"),
    ]


def test_a_line_of_silence_tells_when_the_first_of_them_was_last_heard():
    for hour in (1, 1, 1):
        factories.host(state=silent(NOON - timedelta(hours=hour)))
    (line,) = causes(watch())
    assert line.since == NOON - timedelta(hours=1)


def test_silent_hosts_of_one_place_at_different_times_are_one_line_that_says_so():
    for hour in (1, 5, 9):
        factories.host(state=silent(NOON - timedelta(hours=hour)))
    assert lines() == [(Standing.UNKNOWN, 3, "cause.silent_apart")]


def test_the_same_warning_on_many_machines_is_one_line():
    for _ in range(3):
        factories.host(state=heard(State.WARNING, "antivirus.old"), asset=factories.asset())
    factories.host(state=heard(State.WARNING, "disk.filling"), asset=factories.asset())
    assert sorted(lines()) == [
        (Standing.WARNING, 1, "disk.filling"),
        (Standing.WARNING, 3, "antivirus.old"),
    ]


def test_only_what_is_within_reach_is_counted_or_named():
    mine, theirs = factories.site(), factories.site()
    factories.host(site=theirs, state=heard(State.CRITICAL, "c"))
    seen = watch(within=Host.site_id == mine.id)
    assert groups(seen) == []
    assert causes(seen) == []


def test_a_place_and_a_type_narrow_counts_and_lines_alike():
    room = factories.location()
    server = factories.asset_type("server")
    factories.host(asset=factories.asset(location=room, type=server), state=heard(State.WARNING))
    factories.host(asset=factories.asset(type=server), state=heard(State.WARNING))
    factories.host(state=heard(State.WARNING))
    for to, count in (
        (Narrowing(spot_ids=frozenset({room.id})), 1),
        (Narrowing(type_key="server"), 2),
        (Narrowing(type_key=""), 1),
    ):
        left = [group for group in groups(watch()) if to.leaves(group)]
        assert sum(group.hosts for group in left) == count
        assert sum(line[1] for line in lines(to)) == count


def test_transitions_add_up_to_the_difference_to_yesterday():
    old = factories.host(state=heard(State.CRITICAL), approved_at=NOON - timedelta(days=9))
    new = factories.host(state=heard(State.CRITICAL), approved_at=NOON)
    changes = [
        (old, 30, State.OK, State.WARNING),
        (old, 5, State.WARNING, State.OK),
        (old, 2, State.OK, State.CRITICAL),
        (new, 1, State.UNKNOWN, State.CRITICAL),
    ]
    for host, hours, before, after in changes:
        factories._added(
            StateChange(host_id=host.id, at=NOON - timedelta(hours=hours), old=before, new=after)
        )
    assert host_board.changes_of_a_day(watch()) == {
        State.CRITICAL: 1,
        State.UNKNOWN: 0,
        State.WARNING: -1,
        State.OK: 0,
    }
    assert host_board.changes_since(watch(), NOON - timedelta(hours=3)) == 2


def test_without_any_change_before_yesterday_there_is_no_comparison():
    factories.host(state=heard())
    assert host_board.changes_of_a_day(watch()) is None


def test_floors_lie_top_down_and_sites_without_buildings_stand_by_kind():
    hospital = factories.site()
    building = factories.location(site=hospital, kind=LocationKind.BUILDING)
    rooms = []
    for position in (1, 2):
        floor = factories.location(
            site=hospital, kind=LocationKind.FLOOR, parent=building, position=position
        )
        rooms.append(factories.location(site=hospital, parent=floor))
    centre = factories.site(kind=SiteKind.TOWNSHIP_CENTRE)
    for room in rooms:
        asset = factories.asset(site=hospital, location=room)
        factories.host(asset=asset, site=hospital, state=heard())
    factories.host(site=centre, state=heard(State.CRITICAL))
    drawn = host_floors.section(groups(watch()), place_tree.load())
    first, second = drawn.buildings
    assert first.spot == place_tree.load().spots[building.id]
    assert [floor.spot and floor.spot.position for floor in first.top_down()] == [2, 1]
    assert second.site_kind is SiteKind.TOWNSHIP_CENTRE
    (at_centre,) = second.top_down()[0].in_order()
    assert at_centre.site == place_tree.load().sites[centre.id]
    assert at_centre.tally.worst is Standing.CRITICAL
    assert not drawn.is_coarse
