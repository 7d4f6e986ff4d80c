"""The place pages: the tree grows, changes and shrinks, and nobody reaches past their own part."""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from itops.db import Base, db
from itops.i18n import LANGUAGES, catalogue
from itops.models import AuditEntry, Department, Location, LocationKind, Role, Site, SiteKind
from itops.services.assets import register
from itops.services.assets.facts import facts_of
from tests import factories


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD)


def log() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def fresh(thing: Any) -> Any:
    db.session.expire_all()
    return db.session.get(type(thing), thing.id)


def test_a_hospital_grows_from_nothing(head):
    assert "Begin with the hospital itself" in head.get("/places").text
    hospital = {"name": "县人民医院", "name_en": "County hospital", "kind": "county_hospital"}
    page = head.post("/places", data=hospital, follow_redirects=True).text
    assert "County hospital" in page
    site = db.session.scalars(select(Site)).one()
    town = {"name": "龙泉镇卫生院", "kind": "township_centre", "parent": site.id}
    assert head.post("/places", data=town).status_code == 302
    for typed in ({"kind": "department", "name": "检验科"}, {"kind": "building", "name": "门诊楼"}):
        assert head.post(f"/places/site/{site.id}/add", data=typed).status_code == 302
    building = db.session.scalars(select(Location)).one()
    floor = {"kind": "floor", "name": "1 层", "within": building.id}
    assert head.post(f"/places/site/{site.id}/add", data=floor).status_code == 302
    page = head.get(f"/places/site/{site.id}").text
    assert page.index("门诊楼") < page.index("1 层") < page.index("检验科")
    assert log() == ["place.added"] * 5


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 121}, "Write a name"),
        ({"name": "a\u0007b"}, "Write a name"),
        ({"kind": "palace"}, "one of the kinds"),
        ({"kind": "floor"}, "can’t stand there"),
        ({"within": "999"}, "buildings or floors in the list"),
        ({"name": "门诊楼"}, "called 门诊楼 here already"),
    ],
)
def test_what_can_not_be_is_said_at_its_field(head, typed, words):
    site = factories.site()
    factories.location(site=site, kind=LocationKind.BUILDING, name="门诊楼")
    given = {"kind": "building", "name": "住院楼"} | typed
    answer = head.post(f"/places/site/{site.id}/add", data=given)
    assert answer.status_code == 422
    assert words in answer.text
    assert log() == []


def test_a_place_is_renamed_but_not_over_somebody_elses_name(head):
    ward = factories.department(name="旧")
    path = f"/places/department/{ward.id}/rename"
    assert head.post(path, data={"version": "旧", "name": "新"}).status_code == 302
    answer = head.post(path, data={"version": "旧", "name": "更新"})
    assert answer.status_code == 409
    assert ">更新</td>" in answer.text
    assert ">新</td>" in answer.text
    assert fresh(ward).name == "新"
    assert log() == ["place.renamed"]


def test_a_site_moves_with_what_is_under_it_but_not_into_itself(head):
    top = factories.site()
    centre = factories.site(parent=top, kind=SiteKind.TOWNSHIP_CENTRE)
    clinic = factories.site(parent=centre, kind=SiteKind.VILLAGE_CLINIC)
    for inside in (centre, clinic):
        answer = head.post(f"/places/site/{centre.id}/move", data={"parent": inside.id})
        assert answer.status_code == 422
    assert head.post(f"/places/site/{centre.id}/move", data={"parent": ""}).status_code == 302
    assert fresh(centre).parent_id is None
    assert fresh(clinic).parent_id == centre.id
    assert log() == ["place.moved"]


def test_a_room_moves_within_its_site_only(head):
    site = factories.site()
    block = factories.location(site=site, kind=LocationKind.BUILDING)
    room = factories.location(site=site)
    elsewhere = factories.location(kind=LocationKind.BUILDING)
    path = f"/places/location/{room.id}/move"
    assert head.post(path, data={"within": elsewhere.id}).status_code == 422
    assert head.post(path, data={"within": block.id}).status_code == 302
    assert fresh(room).parent_id == block.id


def test_only_what_nothing_refers_to_is_removed(head):
    site = factories.site(name="医院")
    ward = factories.department(site=site)
    factories.asset(site=site, department=ward)
    page = head.get(f"/places/department/{ward.id}/remove").text
    assert "Assets: 1" in page
    assert head.post(f"/places/department/{ward.id}/remove").status_code == 409
    assert fresh(ward) is not None
    empty = factories.department(site=site)
    key = empty.id
    assert head.post(f"/places/department/{key}/remove").status_code == 302
    db.session.expire_all()
    assert db.session.get(Department, key) is None
    assert log() == ["place.removed"]


def test_demo_and_real_places_do_not_mix(head):
    demo, real = factories.site(is_demo=True), factories.site()
    ward = factories.department(site=real)
    answer = head.post(f"/places/department/{ward.id}/move", data={"parent": demo.id})
    assert "kept apart" in answer.text
    head.post(f"/places/site/{demo.id}/add", data={"kind": "department", "name": "演示科"})
    made = db.session.scalars(select(Department).where(Department.name == "演示科")).one()
    assert made.is_demo


def test_whoever_keeps_one_site_reaches_it_and_all_below_and_nothing_else(sign_in):
    town, city = factories.site(name="本镇"), factories.site(name="外镇")
    clinic = factories.site(name="本村", parent=town)
    ward, foreign = factories.department(site=clinic), factories.department(site=city)
    head = sign_in(Role.HEAD, site=town)
    page = head.get("/places").text
    assert "本村" in page
    assert "外镇" not in page
    assert head.get(f"/places/site/{city.id}").status_code == 404
    for path in ("rename", "move", "remove"):
        answer = head.post(f"/places/department/{foreign.id}/{path}", data={"parent": town.id})
        assert answer.status_code == 404
    for path, typed in (
        (f"/places/department/{ward.id}/move", {"parent": city.id}),
        (f"/places/site/{clinic.id}/move", {"parent": city.id}),
        (f"/places/site/{clinic.id}/move", {"parent": ""}),
        ("/places", {"name": "新", "kind": "campus", "parent": ""}),
        ("/places", {"name": "新", "kind": "campus", "parent": city.id}),
    ):
        assert head.post(path, data=typed).status_code == 422, path
    assert log() == []


def test_markup_in_a_name_is_text(head):
    evil = "<img src=x onerror=alert(1)>"
    site = factories.site(name=evil, name_en=evil)
    ward = factories.department(site=site, name=evil)
    paths = ("/places", f"/places/site/{site.id}", f"/places/department/{ward.id}/edit")
    for path in (*paths, f"/places/department/{ward.id}/remove"):
        assert "<img" not in head.get(path).text


def test_what_uses_a_place_is_called_by_a_name_in_both_languages():
    tables = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in {"site", "department", "location"}
    }
    for language in LANGUAGES:
        known = catalogue(language).sentences
        assert [name for name in sorted(tables) if f"places.use.{name}" not in known] == []


@pytest.mark.parametrize("kind", ["site", "department", "location"])
def test_a_move_begins_at_where_the_place_stands(head, kind):
    factories.site(name="一院")
    home = factories.site(name="本院")
    block = factories.location(site=home, kind=LocationKind.BUILDING, name="门诊楼")
    place: Any = {
        "site": lambda: factories.site(parent=home),
        "department": lambda: factories.department(site=home),
        "location": lambda: factories.location(site=home, parent=block, kind=LocationKind.FLOOR),
    }[kind]()
    above = block if kind == "location" else home
    page = head.get(f"/places/{kind}/{place.id}/edit").text
    assert re.search(rf'<option value="{above.id}" selected>\s*{above.name}', page)


def test_a_department_takes_all_that_it_has_to_another_site(head):
    old, new = factories.site(name="本部"), factories.site(name="东院区")
    ward = factories.department(site=old)
    asset = factories.asset(site=old, department=ward, location=factories.location(site=old))
    module = factories.module(site=old, department=ward)
    job = factories.backup(module=module)
    machine = factories.host(asset=asset, site_id=old.id)
    checks = [factories.check(asset=asset), factories.check(module=module, department_id=ward.id)]
    other = factories.asset(site=old)
    ticket = factories.ticket(site_id=old.id, department_id=ward.id)
    answer = head.post(f"/places/department/{ward.id}/move", data={"parent": new.id})
    assert answer.status_code == 302
    things: list[Any] = [ward, asset, module, job, machine, *checks]
    assert {fresh(thing).site_id for thing in things} == {new.id}
    assert fresh(asset).location_id is None
    assert fresh(other).site_id == fresh(ticket).site_id == old.id
    assert log() == ["place.moved"]
    told = head.get(f"/assets/{asset.id}").text
    assert "东院区" in told
    assert "本部" in told


def test_an_asset_takes_its_machine_and_checks_along(head):
    old, new = factories.site(), factories.site()
    asset = factories.asset(site=old)
    machine, check = factories.host(asset=asset, site_id=old.id), factories.check(asset=asset)
    facts = replace(facts_of(asset), site_id=new.id)
    register.write(asset, facts, by="王工", at=factories.LONG_AGO, key="asset.event.edited")
    db.session.commit()
    assert fresh(machine).site_id == fresh(check).site_id == new.id
