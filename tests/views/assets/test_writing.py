"""Registering, editing and moving assets: reach, races, refusals, timeline and log."""

import re

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Asset, AssetEvent, AuditEntry, Lifecycle, Role
from tests import factories


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


def test_an_asset_is_registered_with_a_line_on_its_timeline_and_one_in_the_log(engineer):
    site = factories.site()
    given = stated(
        site, purchased_on="2021年3月5日", price_fen="4,500元", mac_address="AABBCC001122"
    )
    answer = engineer.post("/assets/new", data=given, follow_redirects=True)
    asset = db.session.scalars(select(Asset)).one()
    assert "PC-0001 is registered" in answer.text
    assert (str(asset.purchased_on), asset.price_fen) == ("2021-03-05", 450_000)
    assert asset.mac_address == "aa:bb:cc:00:11:22"
    assert [one.key for one in db.session.scalars(select(AssetEvent))] == ["asset.event.created"]
    assert [one.action for one in db.session.scalars(select(AuditEntry))] == ["asset.created"]


def test_a_form_with_faults_names_each_and_keeps_what_was_typed(engineer):
    taken = factories.asset(tag="PC-9")
    given = stated(taken.site, tag="", ip_address="300.1.1.1", purchased_on="gestern", notes="留着")
    answer = engineer.post("/assets/new", data=given)
    assert answer.status_code == 400
    for sentence in ("This has to be filled in", "Write an IP address", "Write a date such as"):
        assert sentence in answer.text
    assert "留着" in answer.text
    assert "gestern" in answer.text
    answer = engineer.post("/assets/new", data=stated(taken.site, tag="PC-9"))
    assert "This tag is taken" in answer.text
    assert len(list(db.session.scalars(select(Asset)))) == 1


def test_an_edit_tells_what_changed(engineer):
    site = factories.site()
    asset = factories.asset(site=site, tag="PC-1", custodian="张伟")
    given = stated(site, tag="PC-1", custodian="李娜", version="1")
    page = engineer.post(f"/assets/{asset.id}/edit", data=given, follow_redirects=True).text
    assert "张伟 → 李娜" in page
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.before, entry.after) == ({"custodian": "张伟"}, {"custodian": "李娜"})


def test_an_edit_that_changes_nothing_writes_nothing(engineer):
    asset = factories.asset(tag="PC-1")
    engineer.post(f"/assets/{asset.id}/edit", data=stated(asset.site, tag="PC-1", version="1"))
    assert db.session.scalars(select(AuditEntry)).all() == []
    assert db.session.scalars(select(AssetEvent)).all() == []


def test_who_loses_a_race_sees_both_versions_and_can_save_on_top(engineer, sign_in):
    asset = factories.asset(tag="PC-1", custodian="张伟")
    mine = stated(asset.site, tag="PC-1", custodian="李娜", notes="我写的", version="1")
    theirs = stated(asset.site, tag="PC-1", custodian="王芳", version="1")
    sign_in(Role.HEAD).post(f"/assets/{asset.id}/edit", data=theirs)
    answer = engineer.post(f"/assets/{asset.id}/edit", data=mine)
    assert answer.status_code == 409
    for word in ("Somebody changed this", "李娜", "王芳", "我写的"):
        assert word in answer.text
    version = re.findall(r'name="version" value="(\d+)"', answer.text)[0]
    assert (
        engineer.post(f"/assets/{asset.id}/edit", data=mine | {"version": version}).status_code
        == 302
    )
    db.session.expire_all()
    assert asset.custodian == "李娜"


def test_nobody_carries_an_asset_off_or_pulls_another_in(sign_in):
    mine, other = factories.site(), factories.site()
    asset = factories.asset(site=mine, tag="PC-1")
    ward, room = factories.department(site=other), factories.location(site=other)
    officer = sign_in(Role.SITE_OFFICER, site=mine)
    for given in (
        {"site_id": str(other.id)},
        {"department_id": str(ward.id)},
        {"location_id": str(room.id)},
        {"site_id": "4711"},
        {"site_id": "99999999999999999999"},
        {"department_id": "-1"},
    ):
        data = stated(mine, tag="PC-1", version="1") | given
        assert officer.post(f"/assets/{asset.id}/edit", data=data).status_code == 400
        new = stated(mine, tag="PC-2") | given
        assert officer.post("/assets/new", data=new).status_code == 400
    db.session.expire_all()
    assert (asset.site_id, asset.version) == (mine.id, 1)
    assert len(list(db.session.scalars(select(Asset)))) == 1


def test_real_and_demo_rows_do_not_refer_to_each_other(engineer):
    real, demo = factories.site(), factories.site(is_demo=True)
    asset = factories.asset(site=real, tag="PC-1")
    answer = engineer.post(f"/assets/{asset.id}/edit", data=stated(demo, tag="PC-1", version="1"))
    assert "Demo and real data cannot be mixed" in answer.text
    engineer.post("/assets/new", data=stated(demo, tag="PC-2"))
    made = db.session.scalars(select(Asset).where(Asset.tag == "PC-2")).one()
    assert made.is_demo


def test_a_move_that_is_not_allowed_is_refused_and_said_so(engineer):
    asset = factories.asset(lifecycle=Lifecycle.DISPOSED)
    page = engineer.post(
        f"/assets/{asset.id}/move", data={"to": "in_service"}, follow_redirects=True
    )
    assert "An asset that is disposed of cannot become in service." in page.text
    assert engineer.post(f"/assets/{asset.id}/move", data={"to": "lost"}).status_code == 400
    assert db.session.scalars(select(AssetEvent)).all() == []


def test_a_move_stands_on_the_timeline(engineer):
    asset = factories.asset()
    page = engineer.post(
        f"/assets/{asset.id}/move", data={"to": "in_repair"}, follow_redirects=True
    )
    assert "moved from in service to in repair" in page.text
