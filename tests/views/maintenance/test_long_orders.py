"""What is more than a page holds: every figure is of all, and the last of them is reached."""

import re
from datetime import date, timedelta

import pytest

from itops.db import db
from itops.models import Role, WorkOrderItem
from itops.services.maintenance import attesting, order_items, work_orders
from itops.services.maintenance.attesting import Claim
from itops.services.scoping import EVERYWHERE
from tests import factories
from tests.services.maintenance.planned import actor, at, order, plan

NEXT = re.compile(r'href="([^"]+)">Next<')


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD, name="张主任")


def tags_of(page: str) -> list[str]:
    return re.findall(r'class="lk" href="/(?:maintenance/orders|assets)/[^"]*">(\S+)', page)


def pages_from(client, path: str) -> list[str]:
    """Return a page and all that its "Next" leads to."""
    found = [client.get(path).text]
    while follows := NEXT.search(found[-1]):
        found.append(client.get(follows[1].replace("&amp;", "&")).text)
        assert len(found) < 20
    return found


@pytest.mark.both_databases
def test_machines_are_paged_by_key_and_counted_all(any_app):
    site = factories.site()
    rooms = [None, factories.location(site=site), factories.location(site=site)]
    many = 2 * order_items.PAGE + 3
    assets = [factories.asset(site=site, location=rooms[n % 3]) for n in range(many)]
    made = order(assets=assets)
    items = db.session.query(WorkOrderItem).filter_by(order_id=made.id).all()
    attesting.attest(made, items[0], Claim({}), by=actor(), now=at())
    attesting.skip(made, items[1], "送修中", by=actor(), now=at())
    seen, after, sizes = [], None, []
    while True:
        page = order_items.machines(made, after, EVERYWHERE)
        assert (page.done, page.total) == (2, many)
        seen += [one.id for one in page.shown]
        sizes.append(len(page.shown))
        if page.next is None:
            break
        after = order_items.Key.read(str(page.next))
        assert after == page.next
    assert sizes == [order_items.PAGE, order_items.PAGE, 3]
    assert sorted(seen) == sorted(one.id for one in items)
    assert set(seen[-2:]) == {items[0].id, items[1].id}


def test_an_order_of_many_machines_counts_all_and_leads_to_the_last(head):
    site = factories.site()
    many = order_items.PAGE + 4
    made = order(assets=[factories.asset(site=site) for _ in range(many)])
    pages = pages_from(head, f"/maintenance/orders/{made.id}")
    assert len(pages) == 2
    for page in pages:
        assert f"0 of {many} machines" in page
    assert f"{order_items.PAGE} of {many} machines on this page" in pages[0]
    assert len({tag for page in pages for tag in tags_of(page)}) == many
    assert ">First page<" in pages[1]


def test_a_short_order_has_no_pages(head):
    made = order(assets=[factories.asset()])
    assert 'class="pager"' not in head.get(f"/maintenance/orders/{made.id}").text


def test_older_proof_and_older_lines_are_reached(head):
    site = factories.site()
    made = order(assets=[factories.asset(site=site) for _ in range(70)])
    for number, item in enumerate(db.session.query(WorkOrderItem).filter_by(order_id=made.id)):
        attesting.skip(made, item, f"reason {number}.", by=actor(), now=at())
    work_orders.note(made, "order.event.taken_back", by="", now=at())
    db.session.commit()
    path = f"/maintenance/orders/{made.id}"
    first = head.get(path).text
    assert "50 of 70 records on this page" in first
    proof, lines = (one.replace("&amp;", "&") for one in NEXT.findall(first))
    assert "events" not in proof
    said = re.compile(r"reason (\d+)\.")
    part = re.compile(r'id="(proof|timeline)">(.*?)</section>', re.DOTALL)

    def reasons(page: str, name: str) -> set[str]:
        return set(said.findall(dict(part.findall(page))[name]))

    assert len(reasons(first, "proof") | reasons(head.get(proof).text, "proof")) == 70
    assert len(reasons(first, "timeline") | reasons(head.get(lines).text, "timeline")) == 70


@pytest.mark.parametrize("asked", ["x", "0--", "2-1-A", "0-9999999999-A", "1-٣-A"])
def test_a_place_in_the_list_that_means_nothing_is_its_beginning(asked, head):
    made = order(assets=[factories.asset()])
    page = head.get(f"/maintenance/orders/{made.id}", query_string={"after": asked})
    assert page.status_code == 200
    assert "0 of 1 machine" in page.text


def test_today_counts_all_that_is_overdue_and_says_what_it_leaves_out(head):
    site = factories.site()
    for number in range(203):
        order(site=site, name=f"补做{number}", due_on=date(2026, 1, 5))
    db.session.commit()
    page = head.get("/today?all=1").text
    assert re.search(r"<b>203</b><span>Overdue", page)
    assert "The first 200 of 203 orders" in page


def test_a_plan_says_that_it_shows_its_newest_orders_and_leads_to_all(head):
    kept = plan()
    for number in range(33):
        order(plan=kept, site=kept.site, due_on=date(2026, 1, 1) + timedelta(days=number))
    order(name="别的计划的", site=kept.site, due_on=date(2026, 1, 1))
    page = head.get(f"/maintenance/plans/{kept.id}").text
    assert "The newest 30 of 33" in page
    assert f"/maintenance?plan={kept.id}&amp;shelf=to_do" in page
    listed = head.get(f"/maintenance?plan={kept.id}&shelf=to_do").text
    assert len(set(re.findall(r"WO-\d+", listed))) == 33
    assert "别的计划的" not in listed
