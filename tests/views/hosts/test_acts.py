"""What is done with hosts: each asks for the name where it is dangerous, and is written down."""

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, Enrolment, Host, Role
from tests import factories


def actions():
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def fresh(host):
    db.session.expire_all()
    return db.session.get_one(Host, host.id)


def test_revoking_asks_for_the_name_and_then_shuts_the_host_out(sign_in):
    host = factories.host(name="mz-01")
    client = sign_in(Role.ENGINEER)
    assert "Name of the host" in client.get(f"/hosts/{host.id}/revoke").text
    refused = client.post(f"/hosts/{host.id}/revoke", data={"name": "mz-02"})
    assert refused.status_code == 400
    assert "Write the name exactly: mz-01" in refused.text
    assert fresh(host).enrolment is Enrolment.APPROVED
    done = client.post(f"/hosts/{host.id}/revoke", data={"name": "MZ-01"}, follow_redirects=True)
    assert "is shut out" in done.text
    assert fresh(host).enrolment is Enrolment.REVOKED
    assert actions() == ["host.revoked"]


def test_releasing_asks_for_the_name(sign_in):
    host = factories.host(name="mz-01", quarantined_at=utcnow())
    client = sign_in(Role.ENGINEER)
    assert client.post(f"/hosts/{host.id}/release", data={}).status_code == 400
    client.post(f"/hosts/{host.id}/release", data={"name": "mz-01"})
    assert fresh(host).quarantined_at is None
    assert actions() == ["host.released"]


def test_what_cannot_be_done_is_refused_and_said(sign_in):
    host = factories.host(name="mz-01")
    answer = sign_in(Role.ENGINEER).post(f"/hosts/{host.id}/release", data={"name": "mz-01"})
    assert answer.status_code == 409
    assert "mz-01" in answer.text
    assert actions() == []


def test_joining_and_undoing_it(sign_in):
    old = factories.host(name="old", machine="a" * 64, asset=None)
    new = factories.host(name="new", machine="a" * 64)
    client = sign_in(Role.HEAD)
    assert "new" in client.get(f"/hosts/{old.id}/merge").text
    assert client.post(f"/hosts/{old.id}/merge", data={"name": "old"}).status_code == 400
    client.post(f"/hosts/{old.id}/merge", data={"name": "old", "into": str(new.id)})
    assert fresh(old).merged_into_id == new.id
    page = client.get(f"/hosts/{old.id}").text
    assert "Former identity" in page
    client.post(f"/hosts/{old.id}/split")
    assert fresh(old).merged_into_id is None
    assert actions() == ["host.merged", "host.split"]


def test_a_host_is_matched_to_an_asset_by_its_tag(sign_in):
    host, asset = factories.host(), factories.asset(tag="PC-7777")
    client = sign_in(Role.ENGINEER)
    wrong = client.post(f"/hosts/{host.id}/link", data={"tag": "PC-0000"})
    assert wrong.status_code == 400
    assert "There is no asset PC-0000" in wrong.text
    client.post(f"/hosts/{host.id}/link", data={"tag": "PC-7777"})
    assert fresh(host).asset_id == asset.id
    assert actions() == ["host.linked"]


@pytest.mark.parametrize("act", ["revoke", "release", "merge", "split", "link"])
def test_acts_need_the_permission_and_the_reach(sign_in, act):
    host = factories.host(site=factories.site(), name="theirs")
    for client, status in (
        (sign_in(Role.DIRECTOR), 403),
        (sign_in(Role.ENGINEER, site=factories.site()), 404),
    ):
        assert client.get(f"/hosts/{host.id}/{act}").status_code == status
        answer = client.post(f"/hosts/{host.id}/{act}", data={"name": "theirs"})
        assert answer.status_code == status


def test_an_engineer_of_one_site_matches_to_no_asset_of_another(sign_in):
    mine = factories.site()
    host = factories.host(site=mine)
    factories.asset(tag="PC-8888")
    client = sign_in(Role.ENGINEER, site=mine)
    assert client.post(f"/hosts/{host.id}/link", data={"tag": "PC-8888"}).status_code == 400
    assert fresh(host).asset_id is None


def test_an_engineer_of_one_site_joins_into_no_host_of_another(sign_in):
    mine = factories.site()
    host, other = factories.host(site=mine, name="mine"), factories.host(site=factories.site())
    client = sign_in(Role.ENGINEER, site=mine)
    answer = client.post(f"/hosts/{host.id}/merge", data={"name": "mine", "into": str(other.id)})
    assert answer.status_code == 404
    assert fresh(host).merged_into_id is None


def test_the_page_that_links_starts_from_the_asset_that_it_is_now(sign_in):
    host = factories.host(name="mz-01", asset=factories.asset(tag="PC-7777"))
    page = sign_in(Role.ENGINEER).get(f"/hosts/{host.id}/link").text
    assert 'value="PC-7777"' in page
