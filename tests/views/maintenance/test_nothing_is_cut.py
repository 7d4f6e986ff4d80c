"""However much there is: what a page has no room for is told, with the way to it."""

import re
from html import unescape

import pytest
from sqlalchemy import insert

from itops.clock import utcnow
from itops.db import db
from itops.models import Role, WorkKind, WorkOrder
from itops.services.maintenance import calendar
from itops.services.maintenance.days import Now
from tests import factories
from tests.services.maintenance.planned import ZONE, plan
from tests.views.maintenance.test_feeds import address, read


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


@pytest.fixture
def too_many():
    """Three orders more than a view of the calendar holds, all due today."""
    row = {
        "kind": WorkKind.PREVENTIVE,
        "due_on": Now(utcnow(), ZONE).today,
        "site_id": factories.site().id,
        "created_at": utcnow(),
    }
    rows = [row | {"name": f"除尘{number:04}"} for number in range(calendar.MOST + 3)]
    db.session.execute(insert(WorkOrder), rows)
    db.session.commit()


def test_every_plan_stands_on_one_page_or_another(engineer):
    site = factories.site()
    names = [f"巡检{number % 60:03}" for number in range(205)]
    for number, name in enumerate(names):
        plan(name=name, site=site, is_enabled=number % 2 == 0)
    db.session.commit()
    path, page, seen = "/maintenance/plans", "", []
    while path:
        page = engineer.get(path).text
        seen += re.findall(r'href="/maintenance/plans/(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 205
    assert "First page" in page


@pytest.mark.parametrize("path", ["/maintenance/calendar", "/maintenance/calendar?list=1"])
def test_a_month_says_how_many_orders_it_does_not_show(engineer, too_many, path):
    page = engineer.get(path).text
    assert "3 orders that are due later in this time are not shown here." in page
    found = re.search(r'<a href="([^"]+)">The list has them all</a>', page)
    assert found
    assert f"除尘{calendar.MOST + 2}" in engineer.get(unescape(found[1])).text


def test_a_days_sheet_says_how_many_orders_it_does_not_show(engineer, too_many):
    page = engineer.get(f"/maintenance/day/{Now(utcnow(), ZONE).today}").text
    assert "3 orders that are due later in this time are not shown here." in page


def test_a_calendar_program_is_told_how_many_entries_have_no_room(engineer, client, too_many):
    *shown, last = read(client, address(engineer))
    assert len(shown) == 1500
    assert str(last["summary"]) == f"这之后还有 {calendar.MOST + 3 - 1500} 项"


def test_what_fits_says_nothing_of_more(engineer, client):
    plan(starts_on=Now(utcnow(), ZONE).today)
    db.session.commit()
    assert "not shown here" not in engineer.get("/maintenance/calendar").text
    assert not any(one["uid"] == "more@itops" for one in read(client, address(engineer)))


def test_everybody_who_does_orders_may_be_given_a_plan(engineer):
    site = factories.site()
    people = [factories.user(role=Role.ENGINEER, name=f"工程师{n:03}") for n in range(230)]
    made = plan(site=site, type_key=factories.asset_type().key)
    db.session.commit()
    page = engineer.get(f"/maintenance/plans/{made.id}/edit").text
    assert all(f'<option value="{one.id}">{one.name}</option>' in page for one in people)
