"""The page of an order: who may, where, in which state, and what two people at once get to see."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, User, WorkOrder, WorkOrderItem, WorkStatus
from itops.services.maintenance.checklists import Asks, Question
from tests import factories
from tests.queries import counted
from tests.services.maintenance.planned import order, plan

ACTS = ("done", "move", "assign", "sign", "clear-up", "items/1/done", "items/1/skip")
DOERS = {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD}
READERS = DOERS | {
    Role.INSPECTOR,
    Role.DEPARTMENT_CONTACT,
    Role.DIRECTOR,
    Role.DEPUTY,
    Role.SYSTEM_ADMIN,
}


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER, name="李建国")


def test_an_order_of_another_site_does_not_exist_for_whoever_is_not_there(sign_in):
    far, near = order(), factories.site()
    officer = sign_in(Role.SITE_OFFICER, site=near)
    assert officer.get(f"/maintenance/orders/{far.id}").status_code == 404
    for act in ACTS:
        assert officer.post(f"/maintenance/orders/{far.id}/{act}").status_code == 404
    assert far.number not in officer.get("/maintenance").text
    assert far.name not in officer.get("/today?all=1").text
    assert far.number not in officer.get("/maintenance/day/2026-11-23").text


def test_an_item_of_another_order_is_not_reached_through_ones_own(sign_in):
    site = factories.site()
    own = order(assets=[factories.asset(site=site)])
    other = order(assets=[factories.asset()])
    item = db.session.scalars(select(WorkOrderItem).filter_by(order_id=other.id)).one()
    officer = sign_in(Role.SITE_OFFICER, site=site)
    path = f"/maintenance/orders/{own.id}/items/{item.id}"
    assert officer.get(path).status_code == 404
    for act in ("done", "skip"):
        assert officer.post(f"{path}/{act}", data={"reason": "x"}).status_code == 404
    assert item.done_at is None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.VENDOR}))  # theirs are named one by one
def test_the_list_and_today_are_open_to_who_sees_maintenance(role, sign_in):
    client = sign_in(role)
    expected = 200 if role in READERS else 403
    for path in ("/maintenance", "/today", "/maintenance/calendar", "/maintenance/plans"):
        assert client.get(path).status_code == expected


@pytest.mark.parametrize("role", sorted(READERS - DOERS))
def test_who_may_only_read_is_offered_nothing_to_do(role, sign_in):
    page = sign_in(role).get(f"/maintenance/orders/{order().id}").text
    assert "<form" not in page.partition('<main class="page"')[2].partition('id="sign"')[0]


def test_the_second_of_two_people_sees_how_it_is_now_and_changes_nothing(engineer, sign_in):
    made = order()
    version = made.version
    first = {"version": version, "to": "in_progress"}
    assert engineer.post(f"/maintenance/orders/{made.id}/move", data=first).status_code == 302
    second = {"version": version, "to": "cancelled", "reason": "不用做了"}
    other = sign_in(Role.HEAD).post(f"/maintenance/orders/{made.id}/move", data=second)
    assert other.status_code == 409
    assert "was changed meanwhile" in other.text
    assert "不用做了" in other.text
    db.session.expire_all()
    assert made.status is WorkStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"to": "cancelled"}, "Say why"),
        ({"to": "waiting", "reason": "   "}, "Say why"),
        ({"to": "done"}, "can&#39;t go from"),
        ({"to": "to_sign"}, "can&#39;t go from"),
        ({"to": "nonsense"}, ""),
        ({}, ""),
        ({"to": "cancelled", "reason": "x" * 5000}, ""),
    ],
)
def test_a_move_that_may_not_be_is_refused_and_said_so(data, says, engineer):
    made = order()
    answer = engineer.post(
        f"/maintenance/orders/{made.id}/move", data={"version": made.version} | data
    )
    assert answer.status_code in {400, 409}
    assert says in answer.text
    db.session.expire_all()
    assert made.status is WorkStatus.OPEN


def test_whoever_takes_an_order_has_it_and_it_can_be_given_to_who_does_orders_only(engineer):
    made = order()
    path = f"/maintenance/orders/{made.id}/assign"
    assert engineer.post(path, data={"version": 1, "take": "1"}).status_code == 302
    db.session.expire_all()
    assert made.assignee is not None
    assert made.assignee.name == "李建国"
    clerk = factories.user(role=Role.REPORTER)
    refused = engineer.post(path, data={"version": made.version, "assignee_id": clerk.id})
    assert refused.status_code == 400
    db.session.expire_all()
    assert made.assignee is not None
    assert made.assignee.name == "李建国"


def test_what_people_write_is_masked_where_it_may_be_a_patients(engineer):
    made = order()
    data = {"version": 1, "to": "waiting", "reason": "病人 11010519491231002X 在用"}
    page = engineer.post(f"/maintenance/orders/{made.id}/move", data=data, follow_redirects=True)
    assert "11010519491231002X" not in page.text
    assert "11010519491231002X" not in str(made.reason)


def test_an_order_page_takes_a_fixed_number_of_queries(engineer):
    site = factories.site()
    few = order(assets=[factories.asset(site=site)])
    many = order(assets=[factories.asset(site=site) for _ in range(30)])
    engineer.get(f"/maintenance/orders/{few.id}")
    taken = []
    for made in (few, many):
        with counted() as statements:
            assert engineer.get(f"/maintenance/orders/{made.id}").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1] <= 24


@pytest.mark.parametrize(
    ("path", "most"),
    # Today also says what is broken, due, unproven and new.
    [("/maintenance", 22), ("/today", 30), ("/maintenance/plans", 22)],
)
def test_a_list_takes_a_fixed_number_of_queries(path, most, engineer):
    def queries() -> int:
        with counted() as statements:
            assert engineer.get(path).status_code == 200
        return len(statements)

    def add(many: int) -> None:
        for _ in range(many):
            site = factories.site()
            room = factories.location(site=site)
            order(asset=factories.asset(site=site, location=room), site=site, location=room)
            order(assets=[factories.asset(site=site, location=room)])
            plan(site=site, location=room)
        db.session.commit()

    add(1)
    queries()
    few = queries()
    add(12)
    assert queries() == few <= most


def test_pages_follow_each_other_by_key_and_nonsense_asks_for_nothing(engineer):
    site = factories.site()
    for _ in range(60):
        order(site=site)
    first = engineer.get("/maintenance").text
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = engineer.get(address).text
    numbers = [one.number for one in db.session.scalars(select(WorkOrder))]
    assert sum(f">{number} " in first for number in numbers) == 50
    assert sum(f">{number} " in second for number in numbers) == 10
    for nonsense in ("after=x", "after=2026-11-23%20x", "shelf=x", "site=x", "month=x", "first=0"):
        assert engineer.get(f"/maintenance?{nonsense}").status_code == 200
        assert engineer.get(f"/maintenance/calendar?{nonsense}").status_code == 200


@pytest.mark.parametrize("day", ["2026-13-01", "x", "0001-01-01", "9999-12-31", "%00", "2026"])
def test_a_day_that_is_none_has_no_sheet(day, engineer):
    assert engineer.get(f"/maintenance/day/{day}").status_code in {400, 404}


def test_what_people_write_is_shown_and_never_run(engineer):
    canary = '<img src=x onerror="alert(1)">'
    site = factories.site(name=canary)
    asset = factories.asset(site=site, name=canary, location=factories.location(name=canary))
    made = order(name=canary, instructions=canary, site=site, asset=asset)
    plan(name=canary, site=site)
    for path in (f"/maintenance/orders/{made.id}", "/maintenance", "/today?all=1"):
        assert canary not in engineer.get(path).text
    for path in ("/maintenance/plans", "/maintenance/calendar", "/maintenance/day/2026-11-23"):
        assert canary not in engineer.get(path).text


def test_what_is_not_answered_is_named_by_its_question_and_stands_on_paper_too(engineer):
    asked = Question(
        key="q1", kind=Asks.READING, text="温度", text_en="Temperature", unit="°C", low=15, high=30
    )
    made = order(asked)
    page = engineer.post(
        f"/maintenance/orders/{made.id}/done", data={"version": made.version, "q1": "warm"}
    )
    assert page.status_code == 400
    assert '<a href="#q1">Temperature</a>' in page.text
    assert 'value="warm"' in page.text
    assert '<div class="in paper"><span class="blank">Temperature (°C)' in page.text


def test_an_order_leads_back_to_its_ticket_by_its_name(engineer):
    ticket = factories.ticket(what="printer", asset_id=factories.asset().id)
    engineer.post(f"/tickets/{ticket.id}/order", data={"version": ticket.version})
    made = db.session.scalars(select(WorkOrder)).one()
    page = engineer.get(f"/maintenance/orders/{made.id}").text
    assert f'<a href="/tickets/{ticket.id}">#{ticket.id} Printer</a>' in page


def test_the_overdue_that_today_counts_are_those_that_its_link_shows(engineer):
    me = db.session.scalars(select(User).where(User.name == "李建国")).one()
    for name, whose in (("我的", me), ("没人的", None), ("别人的", factories.user())):
        order(name=name, due_on=date(2026, 1, 5), assignee=whose)
    db.session.commit()
    found = re.search(
        r'href="(/maintenance\?[^"]*overdue[^"]*)"[^>]*>.*?<b>(\d+)</b>',
        engineer.get("/today").text,
        re.DOTALL,
    )
    assert found
    shown = engineer.get(found[1].replace("&amp;", "&")).text
    assert found[2] == "2"
    assert "我的" in shown
    assert "没人的" in shown
    assert "别人的" not in shown


def test_a_repair_is_not_signed_without_a_word_about_what_was_done(engineer):
    ticket = factories.ticket()
    db.session.commit()
    engineer.post(f"/tickets/{ticket.id}/order", data={"version": ticket.version})
    made = db.session.scalars(select(WorkOrder)).one()
    path, data = f"/maintenance/orders/{made.id}", {"version": str(made.version)}
    assert 'name="photo-q2"' in engineer.get(path).text
    refused = engineer.post(f"{path}/done", data=data)
    assert refused.status_code == 400
    assert "What was done" in refused.text
    engineer.post(f"{path}/done", data=data | {"q1": "换了硬盘"})
    db.session.expire_all()
    assert made.status is WorkStatus.DONE
    page = engineer.get(path).text
    assert "换了硬盘" in page
    assert "made by its plan" not in page
