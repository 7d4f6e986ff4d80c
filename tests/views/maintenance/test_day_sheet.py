"""The day sheet for the wall: what is overdue stands first, then what is due."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from itops.clock import utcnow
from itops.db import db
from itops.models import LocationKind, Role, WorkStatus
from itops.services.maintenance import walk
from tests import factories
from tests.queries import counted
from tests.services.maintenance.planned import order, plan

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def today() -> date:
    return utcnow().astimezone(ZONE).date()


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD, name="张主任")


def test_what_is_overdue_stands_first_with_its_place_and_how_late_it_is(head, today):
    site = factories.site()
    house = factories.location(site=site, kind=LocationKind.BUILDING, name="住院楼")
    due = order(site=site, name="今天的", due_on=today)
    late = order(site=site, name="拖下来的", due_on=today - timedelta(days=3), location=house)
    over = order(site=site, name="做过的", due_on=today - timedelta(days=3))
    over.status = WorkStatus.DONE
    db.session.commit()
    sheet = head.get(f"/maintenance/day/{today}").text
    assert "1 overdue" in sheet
    first, _, second = sheet.partition("Due today")
    assert late.name in first
    assert "住院楼" in first
    assert "3 days overdue" in first
    assert due.name in second
    assert over.name not in sheet


def test_the_sheet_of_another_day_has_only_that_day(head, today):
    order(name="拖下来的", due_on=today - timedelta(days=3))
    for away in (-1, 1):
        assert "拖下来的" not in head.get(f"/maintenance/day/{today + timedelta(days=away)}").text


def test_many_missed_dates_of_one_plan_are_one_line_and_all_are_counted(head, today):
    kept = plan()
    for ago in range(1, 6):
        order(plan=kept, site=kept.site, name=f"巡检{ago}", due_on=today - timedelta(days=ago))
    sheet = head.get(f"/maintenance/day/{today}").text
    assert "5 overdue" in sheet
    assert "巡检1" in sheet
    assert "4 earlier not done" in sheet
    assert "巡检2" not in sheet


def test_what_the_sheet_leaves_out_is_said(head, today):
    site = factories.site()
    for number in range(walk.MOST + 3):
        order(site=site, name=f"补做{number}", due_on=today - timedelta(days=9))
    sheet = head.get(f"/maintenance/day/{today}").text
    assert f"{walk.MOST + 3} overdue" in sheet
    assert f"The first {walk.MOST} of {walk.MOST + 3}" in sheet


def test_a_longer_sheet_asks_the_database_no_more(head, today):
    def queries() -> int:
        with counted() as statements:
            assert head.get(f"/maintenance/day/{today}").status_code == 200
        return len(statements)

    def add(many: int) -> None:
        for number in range(many):
            room = factories.location()
            late = today - timedelta(days=number % 2)
            who = factories.user()
            order(site=room.site, location=room, due_on=late, assignee=who)

    add(2)
    queries()
    few = queries()
    add(12)
    assert queries() == few
