"""Assets: the list, its filters and pages, and the page of one; who may see them, and where."""

import re

import pytest
from sqlalchemy import event, select

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import LARGEST_KEY, db
from itops.models import Asset, DependencyKind, HostState, Lifecycle, Role
from itops.services.assets.listing import PAGE
from tests import factories

WRITERS = {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD}
READERS = WRITERS | {
    Role.INSPECTOR,
    Role.DEPARTMENT_CONTACT,
    Role.DIRECTOR,
    Role.DEPUTY,
    Role.SYSTEM_ADMIN,
}


def stated(site, **given):
    return {
        "tag": "PC-0001",
        "name": "收费处电脑",
        "type_key": "workstation",
        "site_id": str(site.id),
        "criticality": "normal",
        "lifecycle": "in_service",
    } | given


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.VENDOR}))  # theirs are named one by one
def test_the_list_is_open_to_the_roles_that_look_after_assets(role, sign_in):
    factories.asset(tag="PC-7")
    answer = sign_in(role).get("/assets")
    assert answer.status_code == (200 if role in READERS else 403)
    assert ("PC-7" in answer.text) == (role in READERS)


def test_a_missing_asset_and_an_id_that_no_row_can_have_are_not_found(engineer):
    for key in ("4711", str(LARGEST_KEY), "99999999999999999999", "-1", "x"):
        assert engineer.get(f"/assets/{key}").status_code == 404


def test_a_person_sees_the_assets_of_their_site_and_below_only(sign_in):
    town = factories.site()
    village = factories.site(parent=town)
    near, far = factories.asset(site=village), factories.asset()
    officer = sign_in(Role.SITE_OFFICER, site=town)
    page = officer.get("/assets").text
    assert near.tag in page
    assert far.tag not in page
    assert officer.get(f"/assets/{near.id}").status_code == 200
    assert officer.get(f"/assets/{far.id}").status_code == 404
    assert officer.post(f"/assets/{far.id}/move", data={"to": "retired"}).status_code == 404


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("type=ups", {"UPS-1"}),
        ("lifecycle=in_repair", {"PC-2"}),
        ("q=检验", {"PC-2"}),
        ("health=none", {"UPS-1", "PC-2"}),
        ("health=critical", {"PC-1"}),
        ("health=ok", set()),
        ("type=workstation&q=jyk", {"PC-2"}),
        ("site=999999999999&lifecycle=nonsense&sort=tag;DROP", {"UPS-1", "PC-1", "PC-2"}),
        ("type=%27%20OR%201=1", set()),
    ],
)
def test_a_filter_in_the_address_narrows_the_list(address, kept, engineer):
    site = factories.site()
    first = factories.asset(tag="PC-1", site=site)
    factories.asset(tag="PC-2", site=site, name="检验科电脑", lifecycle=Lifecycle.IN_REPAIR)
    factories.asset(tag="UPS-1", site=site, type=factories.asset_type("ups"))
    now = utcnow()
    state = {"state": State.CRITICAL, "last_seen_at": now, "stale_at": now.replace(year=2099)}
    factories.host(asset=first, site=site, state=state)
    page = engineer.get(f"/assets?{address}").text
    assert set(re.findall(r'<span class="id">((?:PC|UPS)-\d)</span>', page)) == kept


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"state": State.OK}, "unknown"),
        ({"state": State.CRITICAL, "last_seen_at": True, "stale_at": "past"}, "unknown"),
        ({"state": State.WARNING, "last_seen_at": True, "stale_at": "future"}, "warning"),
        ({"state": State.OK, "last_seen_at": True, "stale_at": "future"}, "ok"),
    ],
)
def test_the_filter_by_health_agrees_with_what_is_shown(state, word, engineer):
    now = utcnow()
    times = {"past": now.replace(year=2020), "future": now.replace(year=2099), True: now}
    given = {name: times.get(value, value) for name, value in state.items()}
    factories.host(asset=factories.asset(tag="PC-1"), state=given)
    shown = db.session.scalars(select(HostState)).one().shown(now).state
    assert shown == word
    for health in State:
        assert ("PC-1" in engineer.get(f"/assets?health={health}").text) == (health == word)


def test_pages_follow_each_other_by_key_and_back(engineer):
    site = factories.site()
    for number in range(2 * PAGE + 5):
        factories.asset(tag=f"PC-{number:04}", site=site)

    def tags(page):
        return re.findall(r'<span class="id">(PC-\d+)</span>', page)

    def link(page, rel):
        found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
        return found and found[1].replace("&amp;", "&")

    first = engineer.get("/assets").text
    second = engineer.get(link(first, "next")).text
    third = engineer.get(link(second, "next")).text
    assert [len(tags(page)) for page in (first, second, third)] == [PAGE, PAGE, 5]
    assert link(third, "next") is None
    assert tags(engineer.get(link(second, "prev")).text) == tags(first)


def test_each_kind_of_emptiness_says_what_it_is(engineer, sign_in):
    assert "No assets yet" in engineer.get("/assets").text
    assert "No asset matches" in engineer.get("/assets?q=nothing").text
    officer = sign_in(Role.SITE_OFFICER, site=factories.site())
    assert "No asset is in your range" in officer.get("/assets").text
    asset = factories.asset()
    assert "its health is unknown" in engineer.get(f"/assets/{asset.id}").text


@pytest.mark.parametrize("role", sorted(READERS - WRITERS))
def test_who_may_only_read_cannot_write(role, sign_in):
    asset = factories.asset()
    reader = sign_in(role)
    assert "Edit" not in reader.get(f"/assets/{asset.id}").text
    for path in ("/assets/new", f"/assets/{asset.id}/edit", f"/assets/{asset.id}/move"):
        assert reader.post(path, data={"to": "retired"}).status_code == 403


def test_what_people_write_is_shown_and_never_run(engineer):
    canary = '<img src=x onerror="alert(1)">'
    site = factories.site(name=canary)
    department = factories.department(site=site, name=canary)
    room = factories.location(site=site, name=canary)
    words = ("name", "name_en", "custodian", "vendor", "model", "serial", "notes", "tag")
    given = stated(site, department_id=str(department.id), location_id=str(room.id))
    engineer.post("/assets/new", data=given | dict.fromkeys(words, canary))
    asset = db.session.scalars(select(Asset)).one()
    engineer.post(
        f"/assets/{asset.id}/edit", data=given | {"version": "1", "custodian": canary + "2"}
    )
    for path in (
        "/assets",
        f"/assets/{asset.id}",
        f"/assets/{asset.id}/edit",
        f"/search?q={canary}",
    ):
        page = engineer.get(path).text
        assert "<img" not in page
        assert "&lt;img" in page


def test_a_machines_page_says_what_falls_with_it(engineer):
    server, ward = factories.asset(name="检验服务器"), factories.department(name="检验科")
    lis = factories.module(name="检验信息系统", site=server.site)
    factories.dependency(lis, server)
    factories.dependency(ward, lis, DependencyKind.SERVES)
    page = engineer.get(f"/assets/{server.id}").text
    assert "What falls with it" in page
    assert f'href="/modules/{lis.id}"' in page
    assert "检验科" in page
    lonely = factories.asset(site=server.site)
    assert "What falls with it" not in engineer.get(f"/assets/{lonely.id}").text


def test_a_page_takes_a_fixed_number_of_queries(engineer):
    site = factories.site()
    department, room = factories.department(site=site), factories.location(site=site)
    asset = factories.asset(tag="PC-0", site=site)

    def queries(path):
        counted = []
        event.listen(db.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
        assert engineer.get(path).status_code == 200
        return len(counted)

    few = {path: queries(path) for path in ("/assets", f"/assets/{asset.id}", "/search?q=电脑")}
    for number in range(1, 40):
        one = factories.asset(tag=f"PC-{number}", site=site, department=department, location=room)
        factories.host(asset=one, site=site)
    many = {path: queries(path) for path in few}
    assert few["/assets"] <= 9
    assert many == few


def test_what_is_exactly_typed_stands_first_among_what_holds_the_words(engineer):
    site = factories.site()
    exact = factories.asset(tag="PC-1", site=site)
    for number in range(100):
        factories.asset(tag=f"PC-1{number:03}", site=site)
    page = engineer.get("/search?q=PC-1").text
    assert re.findall(r'<span class="id">(PC-\d+)</span>', page)[0] == exact.tag


def test_a_place_before_the_first_asset_is_an_empty_page_and_no_failure(sign_in):
    factories.asset(tag="A-1")

    assert sign_in(Role.HEAD).get("/assets?before=%2B1").status_code == 200
