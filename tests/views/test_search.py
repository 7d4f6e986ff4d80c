"""The one search: whatever a tired person types, grouped, with an exact number on top."""

import re
from typing import Any

import pytest

from itops.clock import utcnow
from itops.db import db
from itops.models import AlertStatus, Enrolment, Lifecycle, Role, TicketStatus, WorkStatus
from tests import factories
from tests.queries import counted
from tests.services.alerting.world import trouble
from tests.services.maintenance.planned import order, plan

#: The whole page, with the frame around it and who is signed in.
MOST_QUERIES = 26


def headings(page: str) -> list[str]:
    """Return the kinds of what was found, from the top."""
    return re.findall(r'<h2 id="(\w+)">', page)


def found(page: str) -> list[str]:
    """Return the addresses of what was found, from the top."""
    main = page[page.index("<main") :]
    kinds = "tickets|maintenance/orders|assets|hosts|modules|backups"
    return re.findall(rf'class="lk" href="(/(?:{kinds})/\d+)"', main)


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD)


@pytest.fixture
def laboratory(app):
    """A module with its machine, host, backup, a ticket about it and an order of its plan."""
    ward = factories.department(name="检验科")
    asset = factories.asset(name="化验服务器", tag="SRV-7", site=ward.site)
    module = factories.module(code="LIS", name="检验信息系统", site=ward.site)
    facts = {"asset_id": asset.id, "site_id": ward.site_id, "department_id": ward.id}
    made: dict[str, Any] = {
        "assets": asset,
        "hosts": factories.host(name="lis-db-01", asset=asset, site=ward.site),
        "modules": module,
        "backups": factories.backup(name="夜间全备", module=module),
        "tickets": factories.ticket(title="条码枪扫不出", **facts),
        "maintenance/orders": order(name="季度巡检", site=ward.site, module_id=module.id),
    }
    db.session.commit()
    return {kind: f"/{kind}/{row.id}" for kind, row in made.items()}


TYPED = {
    "检验": {"tickets", "modules", "backups", "maintenance/orders"},
    "LIS": {"hosts", "modules", "backups", "maintenance/orders"},
    "lis-db": {"hosts"},
    "条码": {"tickets"},
    "tmq": {"tickets"},
    "季度巡检": {"maintenance/orders"},
    "SRV-7": {"assets", "tickets"},
    "夜间": {"backups"},
    "zzz": set(),
}


@pytest.mark.parametrize("typed", TYPED)
def test_words_find_things_of_every_kind(laboratory, head, typed):
    page = head.get("/search", query_string={"q": typed}).text
    assert set(found(page)) == {laboratory[kind] for kind in TYPED[typed]}


@pytest.mark.parametrize("typed", ["{}", "#{}", " No. {} ", "＃{}"])
def test_a_tickets_number_finds_it_and_first(head, typed):
    asset = factories.asset(tag="PC-1", name="1号电脑")
    tickets = [factories.ticket(asset_id=asset.id, title=f"第{n}次") for n in range(30)]
    wanted = tickets[3].id
    page = head.get("/search", query_string={"q": typed.format(wanted)}).text
    assert headings(page)[0] == "tickets"
    assert found(page)[0] == f"/tickets/{wanted}"


@pytest.mark.parametrize("typed", ["{}", "#{}", " No. {} ", "no {}", "＃{}"])
def test_the_tickets_own_list_finds_it_by_its_number_too_within_what_is_asked(head, typed):
    wanted, other = (factories.ticket(title="打印机卡纸") for _ in range(2))
    q = typed.format(wanted.id)
    page = head.get("/tickets", query_string={"q": q, "status": "all"}).text
    assert found(page) == [f"/tickets/{wanted.id}"]
    of_other = {"q": q, "status": "all", "site": other.site_id}
    assert found(head.get("/tickets", query_string=of_other).text) == []


def test_all_hosts_that_are_found_are_those_that_the_page_shows(head):
    site = factories.site()
    for enrolment in Enrolment:
        factories.host(name=f"srv-{enrolment.value}", enrolment=enrolment, site=site)
    former = factories.host(name="srv-former", site=site)
    former.merged_into = factories.host(name="srv-later", site=site)
    db.session.commit()
    page = head.get("/search?q=srv").text
    address = page.split('<h2 id="hosts">')[1].split('class="sm" href="')[1].split('"')[0]
    whole = head.get(address.replace("&amp;", "&")).text
    names = ("approved", "pending", "revoked", "former", "later")
    for name in names:
        assert (f">srv-{name}<" in page, f">srv-{name}<" in whole) == (True, True), name
    assert "All, with pending, revoked and former ones" in whole
    assert "All, with pending, revoked and former ones" not in head.get("/hosts").text


@pytest.mark.parametrize("typed", ["pc-77", "PC-77"])
def test_a_machines_orders_are_found_by_its_tag_in_small_letters_too(head, typed):
    asset = factories.asset(tag="PC-77")
    made = order(name="除尘", asset_id=asset.id, site=asset.site)
    db.session.commit()
    for path in ("/search", "/maintenance"):
        page = head.get(path, query_string={"q": typed, "shelf": "all"}).text
        assert f"/maintenance/orders/{made.id}" in page, path


@pytest.mark.parametrize("typed", ["WO-{}", "wo{}", "wo {}", "ＷＯ－{}", "{}"])
def test_an_orders_number_finds_it_however_long_it_is_over(head, typed):
    made = [order(name=f"除尘{n}") for n in range(12)]
    made[2].status = WorkStatus.DONE
    wanted = made[2].id
    page = head.get("/search", query_string={"q": typed.format(wanted)}).text
    assert (headings(page)[0], found(page)[0]) == ("orders", f"/maintenance/orders/{wanted}")


def test_an_exact_tag_stands_before_everything_in_which_it_is_only_mentioned(head):
    asset = factories.asset(tag="PC-12")
    factories.asset(tag="PC-121")
    factories.ticket(asset_id=asset.id, title="PC-12 开不了机")
    page = head.get("/search?q=pc-12").text
    assert headings(page)[0] == "assets"
    assert found(page)[0] == f"/assets/{asset.id}"


@pytest.mark.parametrize("name", ["srv", "Srv", "sRV"])
@pytest.mark.parametrize("typed", ["srv", "SRV", "SrV"])
def test_a_host_of_that_very_name_stands_before_those_that_hold_it(head, name, typed):
    wanted = factories.host(name=name)
    for letter in "abcdefgh" * 5:
        factories.host(name=f"{letter}-srv")
    page = head.get(f"/search?q={typed}").text
    assert headings(page)[0] == "hosts"
    assert found(page)[0] == f"/hosts/{wanted.id}"


@pytest.mark.parametrize("typed", ["CN777", "cn777"])
def test_an_asset_of_that_very_serial_is_among_those_shown(head, typed):
    site = factories.site()
    for number in range(20):
        factories.asset(name=f"CN777 {number}", tag=f"A-{number}", site=site)
    wanted = factories.asset(tag="Z-1", serial="CN777", site=site)
    for number in range(20, 60):
        factories.asset(name=f"CN777 {number}", tag=f"A-{number}", site=site)
    assert found(head.get(f"/search?q={typed}").text)[0] == f"/assets/{wanted.id}"


def test_the_very_tag_stands_before_many_of_that_very_serial(head):
    site = factories.site()
    for number in range(12):
        factories.asset(tag=f"A-{number}", serial="7001", site=site)
    wanted = factories.asset(tag="7001", site=site)
    assert found(head.get("/search?q=7001").text)[0] == f"/assets/{wanted.id}"


def test_open_tickets_stand_before_those_that_are_over(head):
    still_open = factories.ticket(title="打印机卡纸")
    for _ in range(12):
        factories.ticket(title="打印机卡纸").enter(TicketStatus.CLOSED, at=utcnow())
    assert found(head.get("/search?q=卡纸").text)[0] == f"/tickets/{still_open.id}"


def test_every_group_leads_to_the_search_of_its_own_list_which_finds_the_same(laboratory, head):
    for typed in TYPED:
        page = head.get("/search", query_string={"q": typed}).text
        for kind in headings(page):
            group = page.split(f'<h2 id="{kind}">')[1].split("</section>")[0]
            address = group.split('class="sm" href="')[1].split('"')[0].replace("&amp;", "&")
            whole = head.get(address).text
            for line in found(f"<main{group}"):
                assert f'href="{line}"' in whole, (typed, kind, address)


def test_at_most_some_of_a_kind_stand_there_and_it_says_so(head):
    site = factories.site()
    for number in range(20):
        factories.asset(name="电脑", tag=f"P{number}", site=site)
    page = head.get("/search?q=电脑").text
    assert len(found(page)) == 8
    assert "The first 8 stand here" in page


def test_a_former_module_is_found_and_said_to_be_one(head):
    factories.module(code="OLD", name="旧收费", is_in_use=False)
    for path in ("/search?q=旧收费", "/modules?q=旧收费"):
        assert "No longer in use" in head.get(path).text.split("<main")[1].split("OLD")[1]


def test_a_reporter_finds_no_more_than_the_lists_show(laboratory, sign_in):
    page = sign_in(Role.REPORTER).get("/search?q=检验").text
    assert found(page) == []
    assert "Nothing found" in page


def test_the_page_takes_a_fixed_number_of_queries(app, head):
    site = factories.site()

    def one_of_each(n):
        asset = factories.asset(
            name="检验电脑", tag=f"A{n}", site=site, lifecycle=Lifecycle.IN_STOCK
        )
        factories.host(name=f"检验{n}", asset=asset, site=site)
        module = factories.module(code=f"检验{n}", site=site)
        factories.backup(name="检验", module=module)
        factories.ticket(title="检验", asset_id=asset.id, site_id=site.id)
        order(name="检验", plan=plan(name="检验", site=site), site=site)

    def queries():
        with counted() as statements:
            assert len(headings(head.get("/search?q=检验").text)) == 6
        return len(statements)

    for number in range(2):
        one_of_each(number)
    few = queries()
    for number in range(2, 30):
        one_of_each(number)
    assert queries() == few <= MOST_QUERIES


def alerts_in(page: str) -> set[str]:
    """Return the addresses of the alerts that a page lists."""
    return set(re.findall(r'class="lk" href="(/alerts/\d+)"', page))


def test_a_hosts_alerts_are_found_by_its_name_and_their_list_has_them_all(head):
    site = factories.site()
    hosts = [factories.host(name=f"pacs-{number:02}", site=site) for number in range(10)]
    told = [trouble(f"host:{one.id}", host_id=one.id, site_id=site.id) for one in hosts]
    other = trouble("host:x", host_id=factories.host(name="his-01").id, site_id=site.id)
    over = trouble("host:y", host_id=hosts[0].id, site_id=site.id, rule="load")
    over.status, over.resolved_at = AlertStatus.RESOLVED, utcnow()
    db.session.commit()
    page = head.get("/search?q=PACS").text
    assert len(alerts_in(page)) == 8
    address = page.split('<h2 id="alerts">')[1].split('class="sm" href="')[1].split('"')[0]
    whole = head.get(address.replace("&amp;", "&")).text
    assert alerts_in(whole) == {f"/alerts/{one.id}" for one in told}
    assert alerts_in(head.get("/alerts?q=pacs&list=over").text) == {f"/alerts/{over.id}"}
    assert f"/alerts/{other.id}" in alerts_in(head.get("/alerts").text)
    assert alerts_in(head.get("/alerts?q=！").text) == set()


def test_alerts_out_of_reach_are_not_found_by_their_hosts_name(sign_in):
    far, near = factories.site(), factories.site()
    for site in (far, near):
        host = factories.host(name="pacs", site=site)
        trouble(f"host:{host.id}", host_id=host.id, site_id=site.id)
    for place, shown in ((near, 1), (far, 1), (factories.site(), 0)):
        officer = sign_in(Role.SITE_OFFICER, site=place)
        for path in ("/search?q=pacs", "/alerts?q=pacs"):
            assert len(alerts_in(officer.get(path).text)) == shown
