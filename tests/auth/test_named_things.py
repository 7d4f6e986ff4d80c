"""A vendor's engineer sees the things that a grant names, until its end, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.clock import utcnow
from itops.db import db
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.services.maintenance.planned import order


@pytest.fixture
def chief(sign_in):
    return sign_in(Role.SYSTEM_ADMIN)


def given(chief, who: User, **form: str) -> str:
    filled = {"role": "vendor", "ends_on": "2099-12-31"} | form
    answer = chief.post(f"/users/{who.id}/roles", data=filled, follow_redirects=True)
    return str(answer.text)


def holds(who: User) -> list[RoleGrant]:
    db.session.expire_all()
    return list(db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == who.id)))


def test_each_thing_that_is_named_becomes_a_grant_with_an_end(chief):
    who, asset, module = factories.user(), factories.asset(), factories.module(code="PACS")
    page = given(chief, who, things=f"{asset.tag} PACS")
    assert asset.tag in page
    assert {(one.asset_id, one.module_id) for one in holds(who)} == {
        (asset.id, None),
        (None, module.id),
    }
    assert all(one.ends_at for one in holds(who))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Name the assets or modules"),
        ({"things": "PC-404"}, "no asset or module called “PC-404”"),
        ({"things": "PC-1", "ends_on": ""}, "write its last day"),
        ({"things": "PC-1", "role": "reporter"}, "Only a vendor’s engineer"),
    ],
)
def test_what_makes_no_sense_is_said_so(chief, form, says):
    factories.asset(tag="PC-1")
    who = factories.user()
    assert says in given(chief, who, **form)
    assert holds(who) == []


def test_the_engineer_sees_the_thing_with_its_tickets_and_orders_and_no_other(sign_in):
    named, other = factories.asset(name="甲机"), factories.asset(name="乙机")
    ticket = factories.ticket(asset_id=named.id, title="蓝屏")
    foreign = factories.ticket(asset_id=other.id, title="卡纸")
    over = order(assets=[named])
    client = sign_in(Role.REPORTER, login="vendor")
    me = db.session.scalars(select(User).where(User.login == "vendor")).one()
    end = utcnow() + timedelta(days=1)
    me.grants.append(RoleGrant(role=Role.VENDOR, asset_id=named.id, ends_at=end))
    assets = client.get("/assets").text
    assert ("甲机" in assets, "乙机" in assets) == (True, False)
    assert client.get(f"/tickets/{ticket.id}").status_code == 200
    assert client.get(f"/tickets/{foreign.id}").status_code == 404
    assert client.get(f"/maintenance/orders/{over.id}").status_code == 200
    assert client.post(f"/maintenance/orders/{over.id}/done", data={}).status_code == 403
    found = client.get("/search?q=甲机").text
    assert named.tag in found
    me.grants[-1].ends_at = utcnow()
    assert client.get("/assets").status_code == 403
    assert client.get(f"/tickets/{ticket.id}").status_code == 403


def test_an_inspector_reads_everything_of_a_site_and_changes_nothing(sign_in):
    here, there = factories.site(), factories.site()
    seen, unseen = factories.asset(site=here), factories.asset(site=there)
    client = sign_in(Role.INSPECTOR, site=here)
    for path in ("/month", "/backups", "/maintenance", "/modules", "/checks", "/tickets"):
        assert client.get(path).status_code == 200
    assert client.get(f"/assets/{seen.id}").status_code == 200
    assert client.get(f"/assets/{unseen.id}").status_code == 404
    assert client.get(f"/assets/{seen.id}/edit").status_code == 403


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "wrong",
    [
        {"role": Role.ENGINEER},
        {"ends_at": None},
        {"site": True},
    ],
)
def test_the_database_takes_no_other_grant_by_name(any_app, wrong):
    asset, who = factories.asset(), factories.user()
    facts = {"role": Role.VENDOR, "asset_id": asset.id, "ends_at": utcnow()} | wrong
    facts |= {"site_id": asset.site_id} if facts.pop("site", False) else {}
    who.grants.append(RoleGrant(**facts))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()
