"""What strangers may do to the public forms: little at a time, and nothing that breaks anything."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Attachment,
    PublicCount,
    Role,
    Ticket,
    TicketEvent,
    TicketReport,
    TicketStatus,
)
from itops.services import public_limits
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.secrets.typed_codes import in_groups
from itops.services.tickets.codes import follow_code
from itops.views.tickets.guesses import MOST_WRONG
from itops.views.tickets.spots import MOST_OF_A_DEVICE
from tests import factories
from tests.views.tickets.test_desk import PNG

KEY = "1" * 32
NASTY = [
    *("", " ", "x" * 5000, "999999999999999999999", "-1", "1e999", "NaN", "null", "[]", "{}"),
    *("' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "%00", "\r\nX: y"),
    *("𠮷野家", "ﷺ", "\u202e", "\u200b", "e\u0301", "١٢٣", "true", "0x10"),
]


@pytest.fixture
def code(app):
    asset = factories.asset(
        department=factories.department(site=(place := factories.site())), site=place
    )
    found = asset_labels.codes_of([asset.id], by=Actor(None, ""), at=utcnow())[asset.id]
    factories.ticket(asset_id=asset.id, reporter=KEY)
    db.session.commit()
    return found


def tickets():
    return db.session.scalars(select(func.count()).select_from(Ticket)).one()


def test_a_flood_at_one_device_is_told_to_wait_and_taps_of_one_form_are_not(client, code):
    def send(number):
        data = {"key": f"{number:032x}", "what": "slow", "urgency": "now"}
        return client.post(f"/q/{code}", data=data)

    answers = [send(number) for number in range(2, MOST_OF_A_DEVICE + 6)]
    assert [answer.status_code for answer in answers].count(303) == MOST_OF_A_DEVICE
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Try again in" in answers[-1].text
    assert tickets() == MOST_OF_A_DEVICE + 1
    assert send(2).status_code == 303


@pytest.mark.both_databases
def test_a_count_is_one_row_for_all_processes_and_ends_with_its_window(any_app):
    at = public_limits.EPOCH
    for _ in range(3):
        public_limits.count("report 10.1.2.3", most=3, at=at)
    for _ in range(2):
        with pytest.raises(public_limits.TooOften):
            public_limits.count("report 10.1.2.3", most=3, at=at)
    public_limits.count("report 10.1.2.4", most=3, at=at)
    public_limits.count("report 10.1.2.3", most=3, at=at + public_limits.WINDOW)
    assert db.session.scalars(select(PublicCount.count).order_by(PublicCount.count)).all() == [
        1,
        1,
        4,
    ]


def test_a_patients_number_is_hidden_wherever_a_stranger_writes_it(client, code):
    number = "11010519491231002X"
    form = dict.fromkeys(("text", "place", "name"), f"床12 {number}")
    form |= {"key": "2" * 32, "what": "slow", "urgency": "now", "phone": "8312"}
    photo = (BytesIO(PNG), f"{number}.png")
    answer = client.post(f"/q/{code}", data=form | {"photo": photo})
    assert answer.status_code == 303, answer.text
    for table in (Ticket, TicketReport, TicketEvent, Attachment):
        rows = db.session.execute(select(table.__table__)).all()
        assert rows
        assert number not in str(rows), table


def test_who_tries_codes_out_has_to_wait_and_learns_nothing(client, code):
    unknown = client.get("/f/AAAAAAAAAAAA")
    assert unknown.status_code == 404
    answers = [client.get(f"/q/{number:010}").status_code for number in range(MOST_WRONG + 5)]
    assert answers.count(404) == MOST_WRONG - 1
    assert set(answers[MOST_WRONG:]) == {429}
    assert client.get(f"/q/{code}").status_code == 200


def test_a_code_is_read_as_people_write_it(client, code):
    written = follow_code(KEY)
    for typed in (in_groups(written), written.lower(), f" {written} ", written.replace("0", "o")):
        answer = client.post("/follow", data={"code": typed})
        assert client.get(answer.location).status_code == 200, typed


@pytest.mark.parametrize("wrong", ["123", "K7QM-2X9P-RT4D", ""])
def test_a_wrong_code_stays_in_its_field_and_leads_to_the_report_form(client, wrong):
    for answer in (client.post("/follow", data={"code": wrong}), client.get(f"/f/{wrong or '-'}")):
        assert answer.status_code == 404
        assert "No report has this code" in answer.text
        assert 'href="/report"' in answer.text
        assert f'value="{wrong or "-"}"' in answer.text or not wrong


@pytest.mark.parametrize("nasty", NASTY)
def test_a_hostile_form_gets_a_clear_answer_and_changes_nothing(client, code, nasty, is_full):
    """Each value in each field at all four addresses with --full, else at one, in turn."""
    site = db.session.scalars(select(Ticket)).one().site_id
    paths = (f"/q/{code}", f"/report/{site}", f"/q/{code}/me-too", f"/report/{site}/me-too")
    good = {"what": "slow", "urgency": "now", "department_id": "1"}
    names = ("what", "urgency", "department_id", "ticket", "phone")
    for turn, name in enumerate(names, start=NASTY.index(nasty)):
        for path in paths if is_full else paths[turn % 4 :][:1]:
            before = tickets()
            answer = client.post(path, data={"key": nasty} | good | {name: nasty})
            assert answer.status_code in {303, 400, 429}, (path, name)
            if answer.status_code != 303:
                assert tickets() == before, (path, name)
    for act in ("line", "rate", "again"):
        data = {"text": nasty, "rating": nasty, "remark": nasty, "why": nasty}
        assert client.post(f"/f/{follow_code(KEY)}/{act}", data=data).status_code < 500
    for path in ("/q/", "/f/", "/report?site=", "/report/"):
        assert client.get(path + nasty).status_code < 500


@pytest.mark.parametrize("nasty", NASTY)
def test_hostile_texts_at_the_desk_break_nothing(sign_in, code, nasty):
    engineer, ticket = sign_in(Role.ENGINEER), db.session.scalars(select(Ticket)).one()
    number, safe = ticket.id, nasty
    given = dict.fromkeys(
        ("text", "to", "assignee", "version", "announcement", "meanwhile", "expected_at", "into"),
        safe,
    )
    given |= dict.fromkeys(("tag", "site_id", "what", "impact", "title", "module_id"), safe)
    for act in ("take", "assign", "move", "note", "edit", "announce", "withdraw", "merge", "order"):
        assert engineer.post(f"/tickets/{number}/{act}", data=given).status_code < 500, act
    assert engineer.post("/tickets/new", data=given).status_code < 500
    names = (
        "q",
        "status",
        "priority",
        "what",
        "kind",
        "site",
        "department",
        "who",
        "after",
        "asset",
    )
    for name in names:
        assert engineer.get("/tickets", query_string={name: safe}).status_code == 200, name
    db.session.expire_all()
    assert db.session.get_one(Ticket, number).status is TicketStatus.NEW


def test_a_file_that_is_no_picture_is_refused_and_nothing_is_kept(client, code):
    before = tickets()
    for content in (b"", b"<svg onload=alert(1)>", b"MZ" + b"\0" * 100, b"\x89PNG\r\n\x1a\n"):
        data = {"key": "2" * 32, "what": "slow", "urgency": "now", "text": "打不出"}
        answer = client.post(f"/q/{code}", data=data | {"photo": (BytesIO(content), "a.png")})
        assert answer.status_code == 400
        assert "打不出" in answer.text
    assert tickets() == before


def test_a_reporter_writes_so_many_lines_and_no_more(client, code):
    place = f"/f/{follow_code(KEY)}/line"
    answers = [client.post(place, data={"text": f"第 {n} 句"}).status_code for n in range(25)]
    assert answers.count(303) == 20
    assert answers[-1] == 400


def test_nobody_rates_what_is_not_solved(client, code):
    place = f"/f/{follow_code(KEY)}"
    answer = client.post(f"{place}/rate", data={"rating": "5"})
    assert answer.status_code == 400
    assert "once it is solved" in answer.text
    assert db.session.scalars(select(TicketReport)).one().rating is None


def test_another_site_sends_no_report(client, code):
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    data = {"key": "3" * 32, "what": "slow", "urgency": "now"}
    assert client.post(f"/q/{code}", data=data, headers=elsewhere).status_code == 403


def test_bytes_that_are_no_text_break_nothing(client, code):
    for raw in (
        b"text=%ED%A0%BD",
        b"text=%FF%FE",
        b"key=%00",
        b"what=slow&what=pc&urgency",
        b"%%%",
    ):
        kind = "application/x-www-form-urlencoded"
        assert client.post(f"/q/{code}", data=raw, content_type=kind).status_code == 400
    kind = "multipart/form-data; boundary=x"
    assert client.post(f"/q/{code}", data=b"--x\r\nnonsense", content_type=kind).status_code == 400
