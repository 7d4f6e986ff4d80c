"""Today as a walk: house by house, from the ground up, one cause one line."""

from datetime import timedelta

from itops.models import LocationKind, WorkStatus
from itops.services.maintenance import walk
from itops.services.places import tree as place_tree
from itops.services.scoping import EVERYWHERE
from tests import factories
from tests.services.maintenance.planned import TODAY, at, order, plan


def day(whose=None):
    return walk.day(at(), within=EVERYWHERE, whose=whose, tree=place_tree.load())


def floor(building, position: int):
    return factories.location(
        site=building.site,
        parent=building,
        kind=LocationKind.FLOOR,
        name=f"{position}F",
        position=position,
    )


def test_stops_follow_house_by_house_from_the_ground_up_and_what_has_no_place_last(app):
    site = factories.site()
    kind = LocationKind.BUILDING
    front = factories.location(site=site, kind=kind, name="门诊楼", position=0)
    back = factories.location(site=site, kind=kind, name="住院楼", position=1)
    places = [floor(back, 5), floor(front, 2), floor(back, 1), floor(front, 1)]
    order(site=site)
    for place in places:
        room = factories.location(site=site, parent=place)
        order(site=site, location=room)
    names = [
        (stop.building.name, stop.floor.name) if stop.building and stop.floor else None
        for stop in day().stops
    ]
    assert names == [("门诊楼", "1F"), ("门诊楼", "2F"), ("住院楼", "1F"), ("住院楼", "5F"), None]


def test_an_order_over_many_machines_stands_on_each_floor_with_how_many_are_left_there(app):
    site = factories.site()
    first, second = factories.location(site=site), factories.location(site=site)
    assets = [factories.asset(site=site, location=first) for _ in range(3)]
    assets.append(factories.asset(site=site, location=second))
    order(assets=assets)
    entries = [entry for stop in day().stops for entry in stop.entries]
    assert sorted((entry.here, entry.left) for entry in entries) == [(1, 4), (3, 4)]


def test_the_dates_of_a_plan_that_were_missed_are_one_line_with_the_newest(app):
    made = plan()
    days = [order(plan=made, due_on=TODAY - timedelta(days=ago)) for ago in (3, 2, 1, 0)]
    days[1].status = WorkStatus.IN_PROGRESS
    entries = [entry for stop in day().stops for entry in stop.entries]
    shown = {entry.thing.id: entry.earlier for entry in entries}
    assert shown == {days[1].id: 0, days[3].id: 2}
    assert day().overdue == 3


def test_mine_are_mine_and_what_nobody_has_taken(app):
    me, other = factories.user(), factories.user()
    own, free = order(assignee=me), order()
    order(assignee=other)
    order(assignee=me, due_on=TODAY + timedelta(days=2))
    entries = [entry.thing.id for stop in day(me.id).stops for entry in stop.entries]
    assert sorted(entries) == [own.id, free.id]
