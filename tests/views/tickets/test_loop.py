"""From the label on a broken device to the face that its reporter taps: one ticket's whole way."""

import re

import pytest
from sqlalchemy import func, select

from itops.clock import utcnow
from itops.db import db
from itops.models import AssetLabel, Role, Ticket, TicketEvent, TicketReport, TicketStatus
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.tickets.codes import follow_code
from tests import factories
from tests.views.forms_read import Form

SOMEBODY = Actor(None, "信息科")


@pytest.fixture
def label(app):
    """A label's code, on a device of a ward."""
    ward = factories.department(name="呼吸内科", name_en="Respiratory ward")
    asset = factories.asset(
        tag="PC-1", name="护士站2号机", name_en="Nurses 2", site=ward.site, department=ward
    )
    code = asset_labels.codes_of([asset.id], by=SOMEBODY, at=utcnow())[asset.id]
    db.session.commit()
    return code


def key_of(page):
    """Return the key that a form was drawn with."""
    return re.findall(r'name="key" value="([0-9a-f]{32})"', page)[0]


def reported(client, code, **given):
    """Report at a label and return the answer."""
    key = key_of(client.get(f"/q/{code}").text)
    return client.post(f"/q/{code}", data={"key": key, "what": "printer", "urgency": "now"} | given)


def part(page: str) -> str:
    """Return what the follow page says was reported."""
    return page.partition('id="reported"')[2].partition("</section>")[0]


def only_ticket():
    return db.session.scalars(select(Ticket)).one()


def test_a_ticket_goes_from_the_label_to_the_face(client, label, sign_in):
    answer = reported(client, label, text="卡纸")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    ticket = only_ticket()
    assert f"Report {ticket.id}" in page
    assert (ticket.priority, ticket.status) == (2, TicketStatus.NEW)

    engineer = sign_in(Role.ENGINEER, name="李建国")
    assert f"/tickets/{ticket.id}" in engineer.get("/tickets").text
    shown = engineer.get(f"/tickets/{ticket.id}").text
    assert "卡纸" in shown
    engineer.post(f"/tickets/{ticket.id}/take", data={"version": ticket.version})
    db.session.expire_all()
    assert only_ticket().status is TicketStatus.IN_PROGRESS
    assert "李建国 has it" in client.get(answer.location).text

    given = {"version": only_ticket().version, "to": "resolved", "text": "换了搓纸轮"}
    engineer.post(f"/tickets/{ticket.id}/move", data=given)
    page = client.get(answer.location).text
    assert "Solved" in page
    assert "换了搓纸轮" in page
    client.post(f"{answer.location}/rate", data={"rating": "5"})
    assert db.session.scalars(select(TicketReport)).one().rating == 5
    assert "Very good" in engineer.get(f"/tickets/{ticket.id}").text


def test_three_impatient_taps_are_one_ticket_with_one_code(client, label):
    key = key_of(client.get(f"/q/{label}").text)
    data = {"key": key, "what": "slow", "urgency": "today"}
    places = {client.post(f"/q/{label}", data=data).location for _ in range(3)}
    assert len(places) == 1
    assert only_ticket().people == 1


def test_only_what_is_missing_is_asked_for_and_what_was_typed_stays(client, label):
    key = key_of(client.get(f"/q/{label}").text)
    answer = client.post(f"/q/{label}", data={"key": key, "what": "slow", "text": "开机要十分钟"})
    assert answer.status_code == 400
    assert "Tap how urgent it is" in answer.text
    assert "开机要十分钟" in answer.text
    assert key_of(answer.text) == key
    assert re.search(r'value="slow"[^>]* checked', answer.text)
    assert db.session.scalars(select(func.count()).select_from(Ticket)).one() == 0


def test_me_too_adds_a_person_and_no_ticket(client, label):
    reported(client, label)
    page = client.get(f"/q/{label}").text
    assert "Already reported here: Printer" in page
    ticket = only_ticket()
    data = {"key": key_of(page), "ticket": ticket.id}
    answers = [client.post(f"/q/{label}/me-too", data=data) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    db.session.expire_all()
    assert only_ticket().people == 2
    assert f"Report {ticket.id}" in client.get(answers[0].location).text


def test_a_reporter_never_sees_what_others_wrote(client, label):
    first = reported(client, label, text="甲的话", name="甲护士", phone="8312")
    page = client.get(f"/q/{label}").text
    data = {"key": key_of(page), "ticket": only_ticket().id}
    second = client.post(f"/q/{label}/me-too", data=data)
    client.post(f"{first.location}/line", data={"text": "甲再说一句"})
    assert "甲再说一句" in client.get(first.location).text
    for place in (second.location, f"/q/{label}"):
        others = client.get(place).text
        for word in ("甲的话", "甲护士", "8312", "甲再说一句"):
            assert word not in others


def test_patients_numbers_are_masked_before_they_are_stored(client, label):
    answer = reported(client, label, text="床12 身份证11010519491231002X 电话13800138000 打不出")
    assert "2 numbers" in client.get(answer.location).text
    ticket = only_ticket()
    assert "11010519491231002X" not in ticket.text
    assert "13800138000" not in ticket.text
    assert "110105" in ticket.text


def test_a_revoked_label_leads_nowhere_and_says_how_to_go_on(client, label):
    asset = db.session.scalars(select(AssetLabel)).one().asset
    asset_labels.renew(asset, by=SOMEBODY, at=utcnow())
    db.session.commit()
    for code in (label, "NOSUCH", "x" * 500):
        for answer in (client.get(f"/q/{code}"), client.post(f"/q/{code}", data={"what": "slow"})):
            assert answer.status_code == 404
            assert "/report" in answer.text
    assert db.session.scalars(select(func.count()).select_from(Ticket)).one() == 0


def test_without_a_label_a_department_is_chosen(client, app):
    ward = factories.department(name="检验科")
    db.session.commit()
    place = client.get("/report").location
    page = client.get(place).text
    data = {"key": key_of(page), "what": "software", "urgency": "now"}
    assert "Choose the department" in client.post(place, data=data).text
    elsewhere = factories.department()
    db.session.commit()
    assert client.post(place, data=data | {"department_id": elsewhere.id}).status_code == 400
    answer = client.post(place, data=data | {"department_id": ward.id, "place": "2楼窗口"})
    assert answer.status_code == 303
    assert only_ticket().department_id == ward.id


def test_who_fills_in_what_nobody_sees_is_told_so_and_loses_nothing(client, label):
    answer = reported(client, label, homepage="http://x", text="打不出")
    assert answer.status_code == 400
    assert "打不出" in answer.text


def test_a_solved_ticket_comes_back_when_its_reporter_says_so(client, label, sign_in):
    answer = reported(client, label)
    ticket, engineer = only_ticket(), sign_in(Role.ENGINEER)
    data = {"version": ticket.version, "to": "resolved", "text": "重启了"}
    engineer.post(f"/tickets/{ticket.id}/move", data=data)
    client.post(f"{answer.location}/again", data={"why": "又卡了"})
    db.session.expire_all()
    assert only_ticket().status is TicketStatus.IN_PROGRESS
    told = select(TicketEvent.text).where(TicketEvent.key == "ticket.event.not_solved")
    assert list(db.session.scalars(told)) == ["又卡了"]


def test_a_promise_that_was_not_kept_is_not_told_any_more(client, label, sign_in):
    key, asset_id = "9" * 32, db.session.scalars(select(AssetLabel.asset_id)).one()
    late = factories.ticket(reporter=key, asset_id=asset_id)
    follow = f"/f/{follow_code(key)}"
    assert "we are late" in client.get(follow).text
    engineer = sign_in(Role.ENGINEER)
    told = {"version": late.version, "announcement": "LIS 坏了", "expected_at": "2020-01-02 10:40"}
    engineer.post(f"/tickets/{late.id}/announce", data=told)
    for address in (f"/q/{label}", follow):
        page = client.get(address).text
        assert "It was expected to work at 2020-01-02" in page
        assert "Expected to work" not in page
    assert "Give a new time" in engineer.get(f"/tickets/{late.id}").text


def test_the_reporter_reads_their_own_words_again_and_nobody_elses(client, label, sign_in):
    """Also after the desk wrote the ticket in other words; the telephone stands on no page."""
    answer = reported(client, label, text="卡纸了，第三次了", name="王护士", phone="8012345")
    said = part(client.get(answer.location).text)
    for shown in ("卡纸了，第三次了", "Printer", "Nurses 2", "PC-1", "Respiratory ward", "王护士"):
        assert shown in said
    assert "8012345" not in client.get(answer.location).text
    ticket = only_ticket()
    ticket.text, ticket.announced_at, ticket.announcement = "内部：人为损坏", utcnow(), "打印机坏"
    db.session.commit()
    said = part(client.get(answer.location).text)
    assert "卡纸了，第三次了" in said
    assert "内部" not in said
    page = client.get(f"/q/{label}").text
    given = {"key": key_of(page), "ticket": str(ticket.id)}
    joined = client.post(f"/q/{label}/me-too", data=given)
    said = part(client.get(joined.location).text)
    assert "卡纸了" not in said
    assert "王护士" not in said
    assert "PC-1" in said


def test_what_may_be_a_patients_is_masked_on_the_follow_page_too(client, label):
    answer = reported(client, label, text="病人 11010519491231002X 打不出单子")
    said = part(client.get(answer.location).text)
    assert "11010519491231002X" not in said
    assert "打不出单子" in said


def test_what_the_desk_blacks_out_stands_nowhere_any_more(client, label, sign_in):
    answer = reported(client, label, text="张三的病历打不开", name="王护士")
    ticket, desk = only_ticket(), sign_in(Role.ENGINEER)
    assert "张三" in part(client.get(answer.location).text)
    path = f"/tickets/{ticket.id}/edit"
    form = Form(desk.get(path).text, wanted="title").fields
    assert desk.post(path, data=form | {"title": "病历"}).status_code == 302
    assert "张三" in part(client.get(answer.location).text)
    form = Form(desk.get(path).text, wanted="title").fields
    assert desk.post(path, data=form | {"text": "一位病人的病历打不开"}).status_code == 302
    page = client.get(answer.location).text
    assert "张三" not in page
    assert "病人的病历" not in page
    assert f'href="/tickets/{ticket.id}"' not in desk.get("/search?q=张三").text
    assert f'href="/tickets/{ticket.id}"' in desk.get("/search?q=王护士").text
