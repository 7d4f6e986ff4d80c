"""Planned stops: made with an end and a reason, where one may, and ended early."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import Quiet, Role
from tests import factories


def stated(**given: str) -> dict[str, str]:
    begin = utcnow() + timedelta(hours=8)
    starts, ends = (at.strftime("%Y-%m-%d %H:%M") for at in (begin, begin + timedelta(hours=4)))
    filled = {"reason": "换内存", "starts": starts, "ends": ends, "site_id": "", "type_key": ""}
    return {**filled, "asset_tag": "", "module_id": "", **given}


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


def test_a_stop_is_planned_listed_and_ended(engineer):
    asset = factories.asset()
    assert engineer.post("/alerts/quiets/new", data=stated(asset_tag=asset.tag)).status_code == 302
    [quiet] = db.session.scalars(select(Quiet))
    assert (quiet.asset_id, quiet.site_id) == (asset.id, asset.site_id)
    assert asset.tag in engineer.get("/alerts/quiets").text
    engineer.post(f"/alerts/quiets/{quiet.id}/end")
    db.session.refresh(quiet)
    assert quiet.ends_at <= utcnow()
    answer = engineer.post(f"/alerts/quiets/{quiet.id}/end", follow_redirects=True)
    assert "It is over already" in answer.text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"starts": "soon"}, "starts"),
        ({"ends": "2020-01-01 10:00"}, "ends"),
        ({"ends": "2026-13-01"}, "ends"),
        ({"starts": "2026-11-23 25:00"}, "starts"),
        ({"ends": "2099-01-01 10:00"}, "ends"),
        ({"asset_tag": "NONE-1"}, "asset_tag"),
        ({"site_id": "999"}, "site_id"),
        ({"module_id": "999"}, "module_id"),
        ({"type_key": "spaceship"}, "type_key"),
        ({}, "everything"),
        ({"asset_tag": " ", "type_key": " "}, "everything"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_planned(engineer, given, field):
    answer = engineer.post("/alerts/quiets/new", data=stated(**given))
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(Quiet.id)) is None


def test_the_whole_hospital_is_kept_quiet_only_by_who_says_so(engineer):
    assert engineer.post("/alerts/quiets/new", data=stated(everything="1")).status_code == 302
    quiet = db.session.scalars(select(Quiet)).one()
    assert (quiet.site_id, quiet.type_key, quiet.asset_id, quiet.module_id) == (None,) * 4


def test_nobody_silences_what_is_not_theirs(sign_in):
    mine, others = factories.site(), factories.site()
    asset = factories.asset(site=others)
    officer = sign_in(Role.SITE_OFFICER, site=mine)
    for given in ({"site_id": str(others.id)}, {"asset_tag": asset.tag}, {}):
        assert officer.post("/alerts/quiets/new", data=stated(**given)).status_code == 400
    assert db.session.scalar(select(Quiet.id)) is None
    data = stated(site_id=str(mine.id))
    assert officer.post("/alerts/quiets/new", data=data).status_code == 302


def test_another_sites_stop_is_neither_seen_nor_ended(sign_in):
    mine, others = factories.site(), factories.site(name="别处")
    db.session.commit()
    sign_in(Role.ENGINEER).post("/alerts/quiets/new", data=stated(site_id=str(others.id)))
    [quiet] = db.session.scalars(select(Quiet))
    officer = sign_in(Role.SITE_OFFICER, site=mine)
    assert "换内存" not in officer.get("/alerts/quiets").text
    assert officer.post(f"/alerts/quiets/{quiet.id}/end").status_code == 404
