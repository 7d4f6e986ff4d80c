"""Whoever says "me too" keeps the advice, and is told as theirs only what they said themselves."""

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import Impact, Role, Ticket, TicketReport
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.tickets import merging
from itops.services.tickets.codes import follow_code
from tests import factories
from tests.views.tickets.test_loop import key_of, part

ADVICE = ("LIS 打不开", "检验系统", "先用纸质申请单", "急诊标本送一楼")


@pytest.fixture
def outage(app):
    """A fault of the whole site: reported first by the laboratory, on a device of its own."""
    lab = factories.department(name="检验科", name_en="Laboratory")
    asset = factories.asset(
        tag="LAB-7", name="检验7号机", name_en="Lab 7", site=lab.site, department=lab
    )
    module = factories.module(name="检验系统", name_en="检验系统", site=lab.site)
    ticket = factories.ticket(
        reporter="1" * 32,
        asset_id=asset.id,
        department_id=lab.id,
        module_id=module.id,
        impact=Impact.HOSPITAL,
        place="3楼",
    )
    ticket.announced_at, ticket.announcement = utcnow(), "LIS 打不开"
    ticket.meanwhile = "先用纸质申请单\n急诊标本送一楼"
    db.session.commit()
    return ticket


def joined(client, path, ticket, **typed):
    """Say "me too" on the form at this address; return where the page to follow is."""
    page = client.get(path).text
    given = {"key": key_of(page), "ticket": str(ticket.id)} | typed
    return client.post(f"{path}/me-too", data=given).location


def test_the_advice_stays_until_the_fault_is_over(client, outage, sign_in):
    form, follow = f"/report/{outage.site_id}", joined(client, f"/report/{outage.site_id}", outage)
    for path in (form, follow):
        page = client.get(path).text
        for words in ADVICE:
            assert words in page, (path, words)
    given = {"version": outage.version, "to": "resolved", "text": "重启了"}
    sign_in(Role.ENGINEER).post(f"/tickets/{outage.id}/move", data=given)
    page = client.get(follow).text
    assert "Solved" in page
    assert "先用纸质申请单" not in page


def test_words_that_the_desk_changed_or_withdrew_stand_there_no_more(client, outage, sign_in):
    follow = joined(client, f"/report/{outage.site_id}", outage)
    engineer = sign_in(Role.ENGINEER)
    path = f"/tickets/{outage.id}/announce"
    db.session.refresh(outage)
    given = {"version": outage.version, "announcement": "LIS 慢", "meanwhile": "等一等"}
    engineer.post(path, data=given)
    page = client.get(follow).text
    assert "等一等" in page
    assert "先用纸质申请单" not in page
    db.session.refresh(outage)
    engineer.post(path, data=given | {"version": outage.version, "announcement": "LIS 停了"})
    page = client.get(follow).text
    assert "LIS 停了" in page
    assert "LIS 慢" not in page
    db.session.refresh(outage)
    outage.announced_at = None
    db.session.commit()
    assert "等一等" not in client.get(follow).text


def test_nothing_of_the_first_reporters_is_told_as_the_next_ones(client, outage):
    page = client.get(joined(client, f"/report/{outage.site_id}", outage)).text
    for words in ("Laboratory", "Lab 7", "LAB-7", "3楼"):
        assert words not in page
    assert "Me too" in part(page)


def test_the_device_and_the_department_where_one_stood_are_ones_own(client, outage):
    ward = factories.department(name_en="Respiratory ward", site=outage.site)
    own = factories.asset(tag="PC-1", name_en="Nurses 2", site=outage.site, department=ward)
    code = asset_labels.codes_of([own.id], by=Actor(None, "li"), at=utcnow())[own.id]
    db.session.commit()
    said = part(client.get(joined(client, f"/q/{code}", outage)).text)
    assert "PC-1" in said
    assert "Respiratory ward" in said
    assert "LAB-7" not in said
    path = f"/report/{outage.site_id}"
    said = part(client.get(joined(client, path, outage, department_id=str(ward.id))).text)
    assert "Respiratory ward" in said


def test_a_department_of_nowhere_is_nobodys(client, outage):
    path = f"/report/{outage.site_id}"
    follow = joined(client, path, outage, department_id="999999")
    assert client.get(follow).status_code == 200
    assert list(db.session.scalars(select(TicketReport.department_id))) == [None, None]


def test_who_is_taken_along_by_a_merge_keeps_what_they_said(client, outage):
    ward = factories.department(name_en="Respiratory ward", site=outage.site)
    own = factories.ticket(
        reporter="2" * 32, site_id=outage.site_id, department_id=ward.id, text="打不开"
    )
    into = db.session.get_one(Ticket, outage.id)
    merging.merge(own, into, version=own.version, by=Actor(None, "li"), at=utcnow())
    db.session.commit()
    page = client.get(f"/f/{follow_code('2' * 32)}").text
    assert "Respiratory ward" in part(page)
    assert "Laboratory" not in page
    assert "LAB-7" not in page
    assert "先用纸质申请单" in page
