"""Letting machines in: codes, the machines that wait, one and many at once, scope."""

import re

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Asset, AuditEntry, Enrolment, EnrolmentCode, Host, Role
from tests import factories
from tests.queries import counted

CODE = {
    "uses": "3",
    "days": "7",
    "site": "",
    "subnets": "10.2.0.0/16， 10.3.0.0/16",
    "note": "住院楼",
}


def pending(**given):
    return factories.host(enrolment=Enrolment.PENDING, **given)


def fresh(host):
    db.session.expire_all()
    return db.session.get_one(Host, host.id)


def test_a_code_is_shown_once_with_the_lines_that_use_it(sign_in):
    client = sign_in(Role.ENGINEER)
    page = client.post("/enrolment/codes", data=CODE).text
    (text,) = set(re.findall(r"(?:[A-Z2-7]{4}-){7}[A-Z2-7]{4}", page))
    assert f"ITOPS_AGENT_CODE={text}" in page
    assert f"?code={text}" not in page
    assert text not in client.get("/enrolment").text
    code = db.session.scalars(select(EnrolmentCode)).one()
    assert (code.uses_left, code.subnets) == (3, ["10.2.0.0/16", "10.3.0.0/16"])
    assert list(db.session.scalars(select(AuditEntry.action))) == ["enrolment_code.made"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"uses": "0"}, "Write a number"),
        ({"uses": "x"}, "not one of ours"),
        ({"days": "365"}, "from 1 to 90"),
        ({"subnets": "ten"}, "ten"),
        ({"site": "99"}, "within your reach"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(sign_in, wrong, said):
    page = sign_in(Role.ENGINEER).post("/enrolment/codes", data=CODE | wrong)
    assert page.status_code == 400
    assert said in page.text
    assert "住院楼" in page.text
    assert db.session.scalars(select(EnrolmentCode)).all() == []


def test_a_code_is_ended(sign_in):
    client = sign_in(Role.ENGINEER)
    client.post("/enrolment/codes", data=CODE)
    code = db.session.scalars(select(EnrolmentCode)).one()
    assert "End it" in client.get("/enrolment").text
    client.post(f"/enrolment/codes/{code.id}/end")
    db.session.expire_all()
    assert db.session.get_one(EnrolmentCode, code.id).revoked_at is not None
    assert "End it</button>" not in client.get("/enrolment").text


def test_an_engineer_of_a_site_makes_codes_for_it_and_sees_no_others(sign_in):
    mine, theirs = factories.site(name="本院"), factories.site(name="别院")
    sign_in(Role.ENGINEER).post("/enrolment/codes", data=CODE | {"note": "theirs"})
    client = sign_in(Role.ENGINEER, site=mine)
    page = client.get("/enrolment").text
    assert "theirs" not in page
    assert "别院" not in page
    for site, status in ((theirs.id, 400), ("", 400), (mine.id, 200)):
        answer = client.post("/enrolment/codes", data=CODE | {"site": str(site)})
        assert answer.status_code == status
    foreign = db.session.scalars(select(EnrolmentCode).where(EnrolmentCode.note == "theirs")).one()
    assert client.post(f"/enrolment/codes/{foreign.id}/end").status_code == 404


def test_a_machine_that_waits_is_shown_with_what_it_may_be_and_why(sign_in):
    asset = factories.asset(tag="MZ-01", name="收费一", ip_address="10.2.3.4")
    host = pending(name="mz-01", address="10.2.3.4")
    client = sign_in(Role.ENGINEER)
    assert "mz-01" in client.get("/enrolment/pending").text
    page = client.get(f"/enrolment/pending/{host.id}").text
    assert "MZ-01" in page
    assert "10.2.3.4" in page
    assert client.get(f"/hosts/{host.id}").status_code == 302
    assert client.post(f"/enrolment/pending/{host.id}", data={}).status_code == 400
    client.post(f"/enrolment/pending/{host.id}", data={"as": str(asset.id)})
    assert (fresh(host).enrolment, fresh(host).asset_id) == (Enrolment.APPROVED, asset.id)
    assert fresh(host).site_id == asset.site_id


def test_a_machine_comes_in_as_a_new_asset(sign_in):
    host, site = pending(name="new-pc", address="10.2.3.9"), factories.site()
    factories.asset_type("workstation")
    typed = {"as": "new", "tag": "PC-9001", "name": "护士站", "type": "workstation"}
    client = sign_in(Role.ENGINEER)
    refused = client.post(f"/enrolment/pending/{host.id}", data=typed)
    assert refused.status_code == 400
    assert fresh(host).enrolment is Enrolment.PENDING
    client.post(f"/enrolment/pending/{host.id}", data=typed | {"site": str(site.id)})
    asset = db.session.scalars(select(Asset).where(Asset.tag == "PC-9001")).one()
    assert (asset.ip_address, asset.site_id) == ("10.2.3.9", site.id)
    assert fresh(host).asset_id == asset.id


def test_a_machine_that_is_none_of_our_assets_comes_in_without_one(sign_in):
    host = pending()
    sign_in(Role.ENGINEER).post(f"/enrolment/pending/{host.id}", data={"as": "none"})
    assert (fresh(host).enrolment, fresh(host).asset_id) == (Enrolment.APPROVED, None)


def test_many_are_approved_after_a_preview_all_or_none(sign_in):
    asset = factories.asset(tag="A-1", name="a-1", ip_address="10.2.0.1")
    first, second = pending(name="a-1", address="10.2.0.1"), pending(name="b-2")
    client = sign_in(Role.ENGINEER)
    preview = client.get(f"/enrolment/pending/preview?host={first.id}&host={second.id}").text
    assert "is A-1" in preview
    assert "No asset fits" in preview
    assert fresh(first).enrolment is Enrolment.PENDING
    both = {"host": [str(first.id), str(second.id)]}
    clash = {f"asset_{host.id}": str(asset.id) for host in (first, second)}
    assert client.post("/enrolment/pending/approve", data=both | clash).status_code == 409
    assert fresh(first).enrolment is Enrolment.PENDING
    chosen = {f"asset_{first.id}": str(asset.id)}
    client.post("/enrolment/pending/approve", data=both | chosen)
    assert fresh(first).asset_id == asset.id
    assert fresh(second).enrolment is Enrolment.APPROVED


def test_an_asset_that_two_machines_claim_is_proposed_for_one(sign_in):
    factories.asset(tag="A-1", name="a-1", ip_address="10.2.0.1")
    hosts = [pending(name="a-1", address="10.2.0.1") for _ in range(2)]
    query = "&".join(f"host={host.id}" for host in hosts)
    page = sign_in(Role.ENGINEER).get(f"/enrolment/pending/preview?{query}").text
    assert page.count("is A-1") == 1


def test_nobody_lets_in_what_is_out_of_reach(sign_in):
    mine, theirs = factories.site(), factories.site()
    host, asset = pending(site=theirs, name="theirs"), factories.asset(site=theirs)
    own = pending(site=mine)
    client = sign_in(Role.ENGINEER, site=mine)
    assert "theirs" not in client.get("/enrolment/pending").text
    assert client.get(f"/enrolment/pending/{host.id}").status_code == 404
    data = {"host": str(host.id)}
    assert client.post("/enrolment/pending/approve", data=data).status_code == 404
    answer = client.post(f"/enrolment/pending/{own.id}", data={"as": str(asset.id)})
    assert answer.status_code == 404
    answer = client.post(f"/enrolment/pending/{own.id}", data={"as": "none", "site": theirs.id})
    assert answer.status_code == 400
    assert fresh(own).enrolment is Enrolment.PENDING


def test_who_may_not_manage_hosts_sees_none_of_it(sign_in):
    client = sign_in(Role.DIRECTOR)
    for page in ("/enrolment", "/enrolment/pending", "/enrolment/pending/preview"):
        assert client.get(page).status_code == 403


def test_the_list_of_waiting_machines_asks_a_fixed_number_of_questions(sign_in):
    client = sign_in(Role.ENGINEER)
    counts = []
    for _ in range(2):
        for _ in range(10):
            pending()
        db.session.commit()
        with counted() as statements:
            client.get("/enrolment/pending")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8
