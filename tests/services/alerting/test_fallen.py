"""A place that falls silent as a whole is one alert at any hour; one workstation is none."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.i18n import say
from itops.models import AlertStatus, HostState, LocationKind
from itops.services.alerting import fallen, host_signals, rules, settling, vigils
from itops.services.alerting.signals import signal
from itops.services.alerting.subjects import of_building
from tests import factories
from tests.queries import counted
from tests.services.alerting.world import (
    AT,
    MINUTE,
    alerts,
    engineer,
    finding,
    look,
    machine,
    mail_channel,
    messages,
    report,
    told,
    trouble,
)

#: Two in the night from Monday to Tuesday, in the hospital.
NIGHT = AT + timedelta(hours=14)
SECOND = timedelta(seconds=1)


def pcs(count, site, *, room=None, at=NIGHT, apart=SECOND):
    """Let so many workstations be heard, one after the other."""
    kind = factories.asset_type("workstation")
    made = []
    for number in range(count):
        asset = factories.asset(type=kind, site=site, location=room)
        made.append(machine(at + number * apart, asset=asset, site=site))
    return made


def watch(begin=NIGHT, minutes=10, *, heard=()):
    """Look each minute; some machines go on reporting."""
    for minute in range(minutes):
        at = begin + minute * MINUTE
        for host in heard:
            report(host, at)
        look(at)


def farewell(hosts, at):
    ids = [one.id for one in hosts]
    db.session.execute(
        update(HostState)
        .where(HostState.host_id.in_(ids))
        .values(farewell_at=at, farewell_reason="shutdown", last_seen_at=at)
    )


def standing():
    return [one for one in alerts() if one.open_key is not None]


def building(site, name="3号楼"):
    """Return a building of a site and a room on its first floor."""
    kinds = (LocationKind.BUILDING, LocationKind.FLOOR, LocationKind.ROOM)
    house = floor = None
    for kind, called in zip(kinds, (name, "1F", "101"), strict=True):
        place = factories.location(site=site, kind=kind, name=called, parent=floor)
        house, floor = house or place, place
    return house, floor


@pytest.mark.both_databases
def test_a_site_that_loses_its_power_at_night_is_one_open_alert(any_app):
    told(mail_channel(), engineer(), from_state=State.WARNING)
    site = factories.site(name="龙泉镇卫生院")
    pcs(31, site, apart=6 * SECOND)
    watch()
    [alert] = standing()
    assert (alert.subject, alert.status) == (f"site:{site.id}", AlertStatus.OPEN)
    assert alert.first_seen_at == NIGHT
    text = say(Message.from_json(alert.message), "en")
    assert text == "31 of the 31 machines that were up fell silent within 3 minutes of each other"
    assert len(messages()) == 1


def test_its_servers_are_told_with_it(app):
    site = factories.site()
    pcs(8, site)
    servers = [machine(NIGHT, site=site) for _ in range(2)]
    watch()
    [cause] = [one for one in standing() if one.subject == f"site:{site.id}"]
    under = {one.host_id: (one.status, one.cause_id) for one in standing() if one.host_id}
    assert under == {one.id: (AlertStatus.QUIET, cause.id) for one in servers}


def test_workstations_that_are_switched_off_in_an_evening_are_no_alert(app):
    """One after the other, with the plug: nobody misses them."""
    site = factories.site()
    pcs(40, site, apart=90 * SECOND)
    watch(NIGHT, 75)
    assert alerts() == []


def test_who_says_farewell_did_not_fall(app):
    """At closing time all go within minutes, and a few by the plug."""
    site = factories.site()
    hosts = pcs(20, site)
    farewell(hosts[6:], NIGHT + MINUTE)
    watch()
    assert alerts() == []


def test_a_small_clinic_that_is_switched_off_at_the_mains_is_left_alone(app):
    pcs(fallen.FEWEST_TOGETHER - 1, factories.site())
    watch()
    assert alerts() == []


def test_a_building_is_a_place_of_its_own(app):
    site = factories.site(name="县医院", name_en="County Hospital")
    house, room = building(site)
    house.name_en = "Building 3"
    pcs(6, site, room=room)
    kind = factories.asset_type("server", is_always_on=True)
    rack = factories.asset(type=kind, site=site, location=room)
    server = machine(NIGHT, asset=rack, site=site)
    others = pcs(12, site, room=building(site, "1号楼")[1])
    watch(heard=others)
    [alert] = [one for one in standing() if one.host_id is None]
    assert alert.subject == f"location:{house.id}"
    assert (alert.subject_name, alert.subject_name_en) == (
        "县医院 3号楼",
        "County Hospital Building 3",
    )
    assert alert.message["params"] == {"silent": 7, "total": 7, "n": 1}
    [under] = [one for one in standing() if one.host_id]
    assert (under.host_id, under.status, under.cause_id) == (
        server.id,
        AlertStatus.QUIET,
        alert.id,
    )


def test_a_building_is_told_with_its_site_when_both_fell(app):
    site = factories.site()
    pcs(6, site, room=building(site)[1])
    watch()
    [one, other] = standing()
    assert {one.subject.partition(":")[0], other.subject.partition(":")[0]} == {"site", "location"}
    [cause] = [each for each in (one, other) if each.status is AlertStatus.OPEN]
    assert cause.subject == f"site:{site.id}"


def test_it_lasts_until_half_are_heard_again_also_past_the_hour_in_which_they_are_expected(app):
    """Power fails at half past five; at six nobody expects them any more, but it is no better."""
    afternoon = AT + timedelta(hours=5, minutes=30)
    site = factories.site()
    hosts = pcs(10, site, at=afternoon)
    watch(afternoon, 60)
    assert [one.subject for one in standing() if one.status is AlertStatus.OPEN] == [
        f"site:{site.id}"
    ]
    watch(afternoon + 60 * MINUTE, 5, heard=hosts[:4])
    assert any(one.subject == f"site:{site.id}" for one in standing())
    watch(afternoon + 65 * MINUTE, 5, heard=hosts[:7])
    assert not any(one.subject == f"site:{site.id}" for one in standing())


def outages(count, hosts, begin):
    """Let the power fail and come back so often, for as long as it takes to believe it."""
    for number in range(count):
        watch(begin, 10)
        back = rules.hold(number) + 2 * MINUTE
        watch(begin + 10 * MINUTE, int(back / MINUTE), heard=hosts)
        begin += 10 * MINUTE + back
    return begin


@pytest.mark.parametrize("returns", [0, 1, 2])
def test_what_falls_again_while_it_is_being_believed_is_the_same_alert(app, returns):
    """Power is back for five minutes, and gone for the night."""
    site = factories.site()
    hosts = pcs(10, site)
    begin = outages(returns, hosts, NIGHT)
    watch(begin, 10)
    [alert] = standing()
    assert alert.returns == returns
    watch(begin + 10 * MINUTE, 5, heard=hosts)
    watch(begin + 15 * MINUTE, 120)
    [still] = standing()
    assert (still.status, still.good_since_at) == (AlertStatus.OPEN, None)
    assert returns == 0 or still.id == alert.id
    watch(begin + 135 * MINUTE, int(rules.hold(still.returns) / MINUTE) + 2, heard=hosts)
    assert standing() == []


def test_who_fell_again_and_who_was_never_back_are_one_silent_place(app):
    site = factories.site(name="龙泉镇卫生院")
    hosts = pcs(20, site)
    begin = outages(2, hosts, NIGHT)
    watch(begin, 10)
    watch(begin + 10 * MINUTE, 5, heard=hosts[9:])
    watch(begin + 15 * MINUTE, 120)
    [alert] = standing()
    assert (alert.status, alert.good_since_at) == (AlertStatus.OPEN, None)
    assert say(Message.from_json(alert.message), "en") == "20 of 20 machines are not heard any more"


def test_who_had_said_farewell_before_was_not_up(app):
    """Some are shut down at the end of work; ten minutes later the power fails for the others."""
    site = factories.site()
    farewell(pcs(12, site), NIGHT - 10 * MINUTE)
    pcs(8, site)
    watch()
    [alert] = standing()
    assert alert.message["params"] == {"silent": 8, "total": 8, "n": 1}


def test_what_fell_while_we_were_away_begins_nothing(app):
    """Machines that were shut down meanwhile could not tell us."""
    pcs(10, factories.site())
    look(NIGHT + MINUTE)
    watch(NIGHT + timedelta(hours=2), minutes=int(vigils.GRACE / MINUTE) + 10)
    assert alerts() == []


def test_a_quiet_night_costs_no_more_for_more_machines_that_were_switched_off(app):
    pcs(3, factories.site(), at=NIGHT - timedelta(hours=3))
    look(NIGHT)
    with counted() as few:
        look(NIGHT + MINUTE)
    pcs(40, factories.site(), at=NIGHT - timedelta(hours=3))
    with counted() as many:
        look(NIGHT + 2 * MINUTE)
    assert len(many) <= len(few)


def servers(count, site, room, at=NIGHT):
    kind = factories.asset_type("server", is_always_on=True)
    racks = (factories.asset(type=kind, site=site, location=room) for _ in range(count))
    return [machine(at, asset=rack, site=site) for rack in racks]


def assets_asked(duty, at):
    """Return how often a duty asks for assets by their numbers while it comes round."""
    with counted() as asked:
        for _ in duty(at, Settings()):
            db.session.commit()
    return sum("WHERE asset.id" in one for one in asked)


def test_a_building_asks_once_for_all_its_machines_that_fall(app):
    """Meanwhile the reports of all the others wait for the gate."""
    site = factories.site()
    fallen_ones = {one.id for one in servers(40, site, building(site)[1])}
    others = pcs(20, site, room=building(site, "1号楼")[1])
    for one in others:
        report(one, NIGHT + 4 * MINUTE)
    begun = assets_asked(host_signals.look, NIGHT + 4 * MINUTE)
    settled = assets_asked(settling.settle, NIGHT + 5 * MINUTE)
    assert {one.host_id for one in standing() if one.cause_id is not None} == fallen_ones
    assert (begun, settled) == (1, 1)


def test_folding_what_is_open_under_a_building_asks_once(app):
    found = []
    for count in (3, 30):
        site = factories.site()
        house, room = building(site)
        for one in servers(count, site, room, AT - 60 * MINUTE):
            trouble(f"host:{one.id}", asset_id=one.asset_id, site_id=site.id)
        silent = finding(State.UNKNOWN, "silence")
        with counted() as asked:
            cause = signal(of_building(house), "silence", silent, at=AT + MINUTE)
            db.session.commit()
        assert cause is not None
        assert sum(one.cause_id == cause.id for one in alerts()) == count
        found.append(len(asked))
    assert found[0] == found[1]
