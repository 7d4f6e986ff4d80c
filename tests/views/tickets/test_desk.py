"""The desk: who sees and works on what, on which version, and what larger steps do."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Attachment,
    AuditEntry,
    Impact,
    Role,
    Ticket,
    TicketEvent,
    TicketStatus,
    Urgency,
)
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.tickets.codes import follow_code
from itops.services.tickets.listing import PAGE
from tests import factories

READERS = {
    *(Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD, Role.DIRECTOR, Role.DEPUTY),
    *(Role.SYSTEM_ADMIN, Role.DEPARTMENT_CONTACT, Role.INSPECTOR),
}
WORKERS = {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD}
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER, name="李建国")


def again(ticket):
    """Return a ticket as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(Ticket, ticket.id)


def do(client, ticket, act, **data):
    """Do something to a ticket on its present version."""
    version = again(ticket).version
    return client.post(f"/tickets/{ticket.id}/{act}", data={"version": version} | data)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.VENDOR}))  # theirs are named one by one
def test_the_queue_is_open_to_whom_tickets_concern(role, sign_in):
    ticket = factories.ticket()
    client = sign_in(role)
    answer = client.get("/tickets")
    assert answer.status_code == (200 if role in READERS else 403)
    page = client.get(f"/tickets/{ticket.id}")
    assert page.status_code == (200 if role in READERS else 403)
    assert ("/take" in page.text) == (role in WORKERS)


def test_a_contact_sees_the_own_departments_tickets_and_no_internal_word(sign_in):
    own, other = factories.department(), factories.department()
    mine = factories.ticket(site_id=own.site_id, department_id=own.id, text="我们的")
    theirs = factories.ticket(site_id=other.site_id, department_id=other.id)
    mine.note("ticket.event.noted", by="李建国", at=utcnow(), text="别告诉他们")
    contact = sign_in(Role.DEPARTMENT_CONTACT, site=own.site, department=own)
    assert f'"/tickets/{mine.id}"' in contact.get("/tickets").text
    assert f'"/tickets/{theirs.id}"' not in contact.get("/tickets?status=all").text
    assert contact.get(f"/tickets/{theirs.id}").status_code == 404
    page = contact.get(f"/tickets/{mine.id}").text
    assert "我们的" in page
    assert "别告诉他们" not in page


def test_an_officer_works_on_the_own_sites_tickets_only(sign_in):
    near, far = factories.ticket(), factories.ticket()
    officer = sign_in(Role.SITE_OFFICER, site=near.site)
    assert do(officer, near, "take").status_code == 303
    for act in ("take", "assign", "move", "note", "announce", "withdraw", "merge", "order"):
        assert do(officer, far, act, text="x", to="resolved").status_code == 404
    assert do(officer, far, "edit").status_code == 404
    assert do(officer, near, "merge", into=str(far.id)).status_code == 400
    assert again(near).status is TicketStatus.IN_PROGRESS


def test_a_ticket_is_not_carried_to_a_place_out_of_reach(sign_in):
    near, far = factories.ticket(), factories.department()
    foreign = factories.asset(tag="FAR-1", site=far.site)
    officer = sign_in(Role.SITE_OFFICER, site=near.site)
    given = {"what": "printer", "site_id": near.site_id}
    for wrong in ({"site_id": far.site_id}, {"department_id": far.id}, {"tag": foreign.tag}):
        assert do(officer, near, "edit", **given | wrong).status_code == 400
    assert again(near).site_id == near.site_id
    assert do(officer, near, "edit", **given).status_code == 302
    assert again(near).what == "printer"
    answer = officer.post("/tickets/new", data=given | {"site_id": far.site_id})
    assert answer.status_code == 400


def test_who_acts_on_what_has_changed_meanwhile_is_told_and_changes_nothing(engineer):
    ticket = factories.ticket()
    db.session.commit()
    engineer.post(f"/tickets/{ticket.id}/take", data={"version": 1})
    late = {"version": 1, "to": "resolved", "text": "换了网线\n好了"}
    answer = engineer.post(f"/tickets/{ticket.id}/move", data=late)
    assert answer.status_code == 409
    assert "Somebody changed this ticket just now" in answer.text
    assert "换了网线\n好了</textarea>" in answer.text
    assert f'name="version" value="{again(ticket).version}"' in answer.text
    assert again(ticket).status is TicketStatus.IN_PROGRESS
    answer = engineer.post(f"/tickets/{ticket.id}/edit", data={"version": 1, "title": "我的标题"})
    assert answer.status_code == 409
    assert "我的标题" in answer.text


def test_a_move_that_is_not_allowed_is_refused_and_said_so(engineer):
    ticket = factories.ticket()
    do(engineer, ticket, "move", to="resolved", text="好了")
    do(engineer, ticket, "move", to="closed")
    answer = do(engineer, ticket, "move", to="in_progress", text="再看看")
    assert answer.status_code == 409
    assert "A ticket that is Closed cannot become In progress" in answer.text
    assert "再看看</textarea>" in answer.text
    assert again(ticket).status is TicketStatus.CLOSED


def test_each_change_is_one_line_of_the_log(engineer):
    ticket, other = factories.ticket(asset_id=factories.asset().id), factories.ticket()
    steps: list[tuple[str, dict[str, object]]] = [
        ("take", {}),
        ("assign", {"assignee": ""}),
        ("note", {"text": "看过了", "to": "us"}),
        ("announce", {"announcement": "LIS 坏了"}),
        ("withdraw", {}),
        ("edit", {"what": "slow", "site_id": ticket.site_id}),
        ("move", {"to": "on_hold", "text": "等配件"}),
        ("order", {}),
        ("merge", {"into": str(other.id)}),
    ]
    for number, (act, data) in enumerate(steps, start=1):
        assert do(engineer, ticket, act, **data).status_code in {302, 303}, act
        entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
        assert len(entries) == number, (act, [entry.action for entry in entries])
        assert entries[-1].actor_name == "李建国"


def test_a_pause_moves_the_time_limit_and_is_shown_standing_still(engineer):
    ticket = factories.ticket(urgency=Urgency.NOW, at=utcnow() - timedelta(hours=1))
    due = again(ticket).resolution_due_at
    do(engineer, ticket, "move", to="on_hold", text="等配件")
    assert "The clock stands still" in engineer.get(f"/tickets/{ticket.id}").text
    held = again(ticket)
    held.paused_at -= timedelta(minutes=30)
    db.session.commit()
    do(engineer, ticket, "move", to="in_progress")
    moved = again(ticket).resolution_due_at - due
    assert timedelta(minutes=30) <= moved < timedelta(minutes=31)
    assert again(ticket).next_due_at == again(ticket).resolution_due_at


def test_a_known_fault_stands_first_on_the_form_with_what_to_do(engineer, client):
    ward = factories.department()
    ticket = factories.ticket(site_id=ward.site_id, department_id=ward.id)
    told = {"announcement": "LIS 坏了，我们知道", "meanwhile": "急查打 8312\n不要重启"}
    do(engineer, ticket, "announce", expected_at="2099-01-02 10:40", **told)
    asset = factories.asset(site=ward.site, department=ward)
    other = factories.asset(site=ward.site, department=factories.department(site=ward.site))
    codes = asset_labels.codes_of([asset.id, other.id], by=Actor(None, ""), at=utcnow())
    page = client.get(f"/q/{codes[asset.id]}").text
    assert page.index("LIS 坏了，我们知道") < page.index("1 What does not work")
    assert "<li>急查打 8312</li>" in page
    assert "Expected to work at 2099-01-02" in page
    assert "LIS 坏了" not in client.get(f"/q/{codes[other.id]}").text
    do(engineer, ticket, "edit", impact="hospital", site_id=ward.site_id, what="software")
    assert "LIS 坏了" in client.get(f"/q/{codes[other.id]}").text
    do(engineer, ticket, "move", to="resolved", text="好了")
    assert "LIS 坏了" not in client.get(f"/q/{codes[asset.id]}").text


def test_merged_reporters_follow_what_goes_on(engineer, client):
    keys = ["1" * 32, "2" * 32]
    first, second = (factories.ticket(reporter=key) for key in keys)
    do(engineer, second, "merge", into=f"#{first.id}")
    assert again(second).status is TicketStatus.MERGED
    assert again(first).people == 2
    assert f"/tickets/{first.id}" in engineer.get(f"/tickets/{second.id}").text
    do(engineer, first, "move", to="resolved", text="重启了交换机")
    for key in keys:
        page = client.get(f"/f/{follow_code(key)}").text
        assert f"Report {first.id}" in page
        assert "重启了交换机" in page
    for wrong in (str(first.id), "999999", "x", ""):
        other = factories.ticket()
        do(engineer, other, "merge", into=wrong)
        assert again(other).status is TicketStatus.NEW


def test_a_photo_is_kept_by_its_content_and_read_within_reach_only(engineer, sign_in):
    ticket = factories.ticket()
    data = {"version": 1, "photo": (BytesIO(PNG), "屏幕.exe")}
    engineer.post(f"/tickets/{ticket.id}/photo", data=data)
    kept = db.session.scalars(select(Attachment)).one()
    answer = engineer.get(f"/attachments/{kept.code}")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    stranger = sign_in(Role.SITE_OFFICER, site=factories.site())
    assert stranger.get(f"/attachments/{kept.code}").status_code == 404
    nasty = {"version": 1, "photo": (BytesIO(b"<svg onload=alert(1)>"), "a.png")}
    engineer.post(f"/tickets/{ticket.id}/photo", data=nasty)
    assert db.session.scalars(select(func.count()).select_from(Attachment)).one() == 1


def test_pages_of_the_queue_follow_each_other_by_key_worst_first(engineer):
    site = factories.site()
    for number in range(2 * PAGE + 5):
        urgency = (Urgency.DAYS, Urgency.NOW, Urgency.TODAY)[number % 3]
        at = factories.LONG_AGO + timedelta(minutes=number * 7 % 11)
        factories.ticket(site_id=site.id, urgency=urgency, at=at)
    found, place = [], "/tickets"
    while place:
        page = engineer.get(place).text
        found += [int(key) for key in re.findall(r'class="lk" href="/tickets/(\d+)"', page)]
        link = re.search(r'rel="next" href="([^"]+)"', page)
        place = link[1].replace("&amp;", "&") if link else ""
    order = (Ticket.priority, Ticket.next_due_at, Ticket.id)
    assert found == list(db.session.scalars(select(Ticket.id).order_by(*order)))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("", {"甲", "乙"}),
        ("?priority=1", {"甲"}),
        ("?what=printer", {"乙"}),
        ("?status=resolved", {"丙"}),
        ("?status=all", {"甲", "乙", "丙"}),
        ("?who=none", {"甲", "乙"}),
        ("?who=me", set()),
        ("?overdue=1", {"甲", "乙"}),
        ("?q=甲乙丙", set()),
        ("?q=打印", {"乙"}),
        ("?q=dayin", {"乙"}),
        ("?q=dyj", {"乙"}),
        ("?q=呼吸&status=all", {"丙"}),
        ("?after=1_nonsense_1&kind=x&site=9999999999", {"甲", "乙"}),
    ],
)
def test_a_filter_in_the_address_narrows_the_queue(address, kept, engineer):
    site = factories.site()
    ward = factories.department(site=site, name="呼吸内科")
    factories.ticket(site_id=site.id, title="甲", impact=Impact.HOSPITAL)
    factories.ticket(site_id=site.id, title="乙", what="printer")
    solved = factories.ticket(site_id=site.id, department_id=ward.id, title="丙")
    solved.enter(TicketStatus.RESOLVED, at=utcnow())
    page = engineer.get(f"/tickets{address}").text
    assert {name for name in "甲乙丙" if f"</span> {name}</a>" in page} == kept


def test_each_kind_of_emptiness_says_what_it_is(engineer, sign_in):
    assert "No ticket is open" in engineer.get("/tickets").text
    assert "No ticket matches" in engineer.get("/tickets?q=x").text
    officer = sign_in(Role.SITE_OFFICER, site=factories.site())
    assert "No open ticket in your range" in officer.get("/tickets").text


def test_a_call_that_is_written_down_twice_is_one_ticket(engineer):
    site = factories.site()
    data = {"key": "a" * 32, "site_id": site.id, "what": "network", "name": "护士"}
    places = {engineer.post("/tickets/new", data=data).location for _ in range(2)}
    assert len(places) == 1
    ticket = db.session.scalars(select(Ticket)).one()
    assert (ticket.opened_by, ticket.what) == ("李建国", "network")
    told = db.session.scalars(select(TicketEvent.key)).all()
    assert told == ["ticket.event.opened"]
