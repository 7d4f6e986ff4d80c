"""The lists of alerts and the page of one: what stands there, for whom, and what one may do."""

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Alert,
    AlertEvent,
    AlertStatus,
    Criticality,
    Dependency,
    DependencyKind,
    Quiet,
    QuietKind,
    Role,
    Ticket,
)
from itops.services.alerting.listing import PAGE
from tests import factories
from tests.queries import counted
from tests.services.alerting.world import MINUTE, engineer, mail_channel, told, trouble


@pytest.fixture
def reader(sign_in):
    return sign_in(Role.ENGINEER)


def test_the_list_is_worst_first_and_what_is_taken_comes_last(reader):
    at = utcnow()
    taken = trouble("thing:1", name="甲", at=at)
    taken.move_to(AlertStatus.ACKNOWLEDGED, at=at)
    trouble("thing:2", State.WARNING, name="乙", at=at)
    trouble("thing:3", State.UNKNOWN, name="丙", at=at)
    trouble("thing:4", name="丁", at=at)
    page = reader.get("/alerts").text
    order = [page.index(f">{name}</a>") for name in "丁丙乙甲"]
    assert order == sorted(order)


def test_an_empty_list_says_what_that_means(reader):
    assert "Nothing that is measured is bad enough" in reader.get("/alerts").text
    assert "Nothing matches" in reader.get("/alerts?state=warning").text
    assert "No trouble is hidden" in reader.get("/alerts?list=quiet").text


@pytest.mark.parametrize("after", ["", "x", "1-", "-1", "9" * 30, "1-2-3", "１-１"])
def test_nonsense_in_the_address_chooses_nothing(reader, after):
    trouble(at=utcnow())
    query = {"after": after, "site": "x", "state": "bad", "list": "y", "criticality": "z"}
    assert "检验服务器" in reader.get("/alerts", query_string=query).text


def test_the_next_page_goes_on_where_this_one_ended(reader):
    for number in range(PAGE + 3):
        trouble(f"thing:{number}", name=f"机器{number:03}", at=utcnow())
    first = reader.get("/alerts").text
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = reader.get(address).text
    names = {f"机器{number:03}" for number in range(PAGE + 3)}
    shown = [{name for name in names if f">{name}</a>" in page} for page in (first, second)]
    assert shown[0] | shown[1] == names
    assert not shown[0] & shown[1]
    assert len(shown[1]) == 3


def test_more_alerts_ask_no_more_of_the_database(reader):
    trouble(site_id=factories.site().id, at=utcnow())
    with counted() as few:
        reader.get("/alerts")
    for number in range(20):
        trouble(f"thing:{number + 2}", site_id=factories.site().id, at=utcnow())
    with counted() as many:
        reader.get("/alerts")
    assert len(many) == len(few)


def test_filters_narrow_the_list(reader):
    at, here = utcnow(), factories.site(name="龙泉镇卫生院")
    below = factories.site(parent_id=here.id)
    trouble("thing:1", name="甲", site_id=below.id, at=at)
    trouble("thing:2", name="乙", criticality=Criticality.LIFE, at=at)
    assert ">乙</a>" not in reader.get(f"/alerts?site={here.id}").text
    assert ">甲</a>" in reader.get(f"/alerts?site={here.id}").text
    assert ">甲</a>" not in reader.get("/alerts?criticality=life").text
    assert ">乙</a>" in reader.get("/alerts?subject=thing:2").text


def test_what_has_a_cause_stands_under_it(reader):
    at = utcnow()
    ups, server = factories.asset(), factories.asset()
    arrow = Dependency(
        kind=DependencyKind.POWERED_BY,
        upper_asset_id=server.id,
        lower_asset_id=ups.id,
        arrow="asset>asset",
    )
    db.session.add(arrow)
    cause = trouble("thing:1", name="不间断电源", rule="power", asset_id=ups.id, at=at)
    trouble("thing:2", name="服务器", asset_id=server.id, at=at)
    page = reader.get("/alerts").text
    assert "and one more that stands on it" in page
    assert ">服务器</a>" not in page
    assert ">服务器</a>" in reader.get("/alerts?list=quiet").text
    page = reader.get(f"/alerts/{cause.id}").text
    assert "Explains one other alert" in page
    assert server.tag in page


def test_new_alerts_are_offered_and_do_not_jump_in(reader):
    begin = utcnow()
    since = int(begin.timestamp())
    assert 'class="btn sm"' not in reader.get(f"/alerts/news?since={since}").text
    for number in range(3):
        trouble(f"thing:{number}", at=begin + MINUTE)
    assert "3 new alerts" in reader.get(f"/alerts/news?since={since}").text
    assert "3 new alerts" not in reader.get(f"/alerts/news?since={since}&state=warning").text


def test_the_navigation_counts_what_nobody_has_taken(reader):
    trouble("thing:1", at=utcnow())
    trouble("thing:2", at=utcnow())
    assert "2<span" in reader.get("/alerts").text.split('data-go="r"')[1][:400]


def test_the_page_says_why_since_when_and_who_was_told(reader):
    at = utcnow()
    told(mail_channel(), engineer(name="李工"))
    alert = trouble(at=at - 5 * MINUTE)
    page = reader.get(f"/alerts/{alert.id}").text
    for words in ("97.0", "Critical for 5 minutes", "李工", "nobody has taken it yet"):
        assert words in page
    assert "It is not known what stands on it" in page


def test_the_page_names_the_departments_that_feel_it(reader):
    site = factories.site()
    module = factories.module(site=site)
    ward = factories.department(site=site, name="检验科")
    arrow = Dependency(
        kind=DependencyKind.SERVES,
        upper_department_id=ward.id,
        lower_module_id=module.id,
        arrow="department>module",
    )
    db.session.add(arrow)
    alert = trouble(site_id=site.id, module_id=module.id, at=utcnow())
    assert "检验科" in reader.get(f"/alerts/{alert.id}").text


def test_taking_an_alert_is_done_once(reader):
    alert = trouble(at=utcnow())
    assert reader.post(f"/alerts/{alert.id}/take").status_code == 302
    db.session.refresh(alert)
    assert alert.status is AlertStatus.ACKNOWLEDGED
    answer = reader.post(f"/alerts/{alert.id}/take", follow_redirects=True)
    assert "It is Taken; from there it can&#39;t become Taken" in answer.text


def test_a_note_stands_on_the_timeline(reader):
    alert = trouble(at=utcnow())
    reader.post(f"/alerts/{alert.id}/note", data={"note": "换了<b>硬盘</b>"})
    page = reader.get(f"/alerts/{alert.id}").text
    assert "换了&lt;b&gt;硬盘&lt;/b&gt;" in page


def test_an_empty_note_is_refused_and_said_at_its_field(reader):
    alert = trouble(at=utcnow())
    answer = reader.post(f"/alerts/{alert.id}/note", data={"note": " "})
    assert answer.status_code == 400
    assert 'id="note-error"' in answer.text
    assert (
        db.session.scalar(select(AlertEvent).where(AlertEvent.key == "alert.event.noted")) is None
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [({"length": "9y", "reason": "x"}, "length"), ({"length": "1h", "reason": ""}, "reason")],
)
def test_a_silence_needs_a_length_and_a_reason(reader, given, field):
    alert = trouble(at=utcnow())
    answer = reader.post(f"/alerts/{alert.id}/silence", data=given)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(Quiet.id)) is None


def test_a_silence_from_the_page_covers_this_subject_for_a_while(reader):
    alert = trouble(at=utcnow())
    reader.post(f"/alerts/{alert.id}/silence", data={"length": "4h", "reason": "备件已订"})
    [quiet] = db.session.scalars(select(Quiet))
    assert (quiet.kind, quiet.subject, quiet.reason) == (QuietKind.SILENCE, "thing:1", "备件已订")
    assert (quiet.ends_at - quiet.starts_at).total_seconds() == 4 * 3600
    assert "备件已订" in reader.get(f"/alerts/{alert.id}").text


def test_what_is_over_says_how_long_it_lasted(reader):
    at = utcnow()
    alert = trouble(at=at - 30 * MINUTE)
    alert.move_to(AlertStatus.RESOLVED, at=at)
    db.session.commit()
    assert "It is over after 30 minutes" in reader.get(f"/alerts/{alert.id}").text
    assert "lasted 30 minutes" in reader.get("/alerts?list=over").text


def test_others_sites_alerts_do_not_exist(sign_in):
    mine, others = factories.site(), factories.site()
    seen = trouble("thing:1", name="甲", site_id=mine.id, at=utcnow())
    hidden = trouble("thing:2", name="乙", site_id=others.id, at=utcnow())
    officer = sign_in(Role.SITE_OFFICER, site=mine)
    page = officer.get("/alerts").text
    assert ">甲</a>" in page
    assert ">乙</a>" not in page
    assert officer.get(f"/alerts/{seen.id}").status_code == 200
    for act in ("", "/take", "/note", "/silence"):
        call = officer.post if act else officer.get
        assert call(f"/alerts/{hidden.id}{act}").status_code == 404
    assert db.session.get_one(Alert, hidden.id).status is AlertStatus.OPEN


def test_a_cause_on_somebody_elses_site_is_named_but_not_linked(sign_in):
    mine = factories.site()
    cause = trouble("thing:1", name="核心交换机", rule="power", at=utcnow())
    alert = trouble("thing:2", site_id=mine.id, at=utcnow())
    alert.cause_id = cause.id
    db.session.commit()
    page = sign_in(Role.SITE_OFFICER, site=mine).get(f"/alerts/{alert.id}").text
    assert "核心交换机" in page
    assert f"/alerts/{cause.id}" not in page


def test_a_director_reads_and_changes_nothing(sign_in):
    alert = trouble(at=utcnow())
    director = sign_in(Role.DIRECTOR)
    page = director.get(f"/alerts/{alert.id}").text
    assert "Take it" not in page
    assert director.post(f"/alerts/{alert.id}/take").status_code == 403


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_speaks_both_languages(sign_in, language):
    trouble(at=utcnow())
    told(mail_channel(), engineer())
    admin = sign_in(Role.SYSTEM_ADMIN)
    for path in ("", "/1", "/quiets", "/channels", "/subscriptions", "/deliveries"):
        answer = admin.get(f"/alerts{path}", headers={"Accept-Language": language})
        assert answer.status_code in {200, 404}
        for raw in ("alert.", "quiet.", "channel.", "delivery.", "subscription."):
            assert f">{raw}" not in answer.text


def test_an_alert_becomes_one_ticket_however_often_somebody_taps(reader):
    alert = trouble(site_id=factories.site().id, at=utcnow())
    answers = [reader.post(f"/alerts/{alert.id}/ticket") for _ in range(3)]
    [ticket] = db.session.scalars(select(Ticket))
    assert {answer.location for answer in answers} == {f"/tickets/{ticket.id}"}
    page = reader.get(f"/alerts/{alert.id}").text
    assert f"/tickets/{ticket.id}" in page
    assert "Open a ticket" not in page


def test_no_patients_number_stays_in_a_note_or_a_reason(reader):
    alert, number = trouble(at=utcnow()), "11010519491231002X"
    answer = reader.post(
        f"/alerts/{alert.id}/note", data={"note": f"病人 {number} 等着"}, follow_redirects=True
    )
    assert number not in answer.text
    reader.post(f"/alerts/{alert.id}/silence", data={"length": "1h", "reason": f"见 {number}"})
    assert number not in reader.get(f"/alerts/{alert.id}").text


def test_the_page_of_an_alert_names_its_ticket(reader):
    alert = trouble(at=utcnow())
    ticket = factories.ticket(alert_id=alert.id, what="software")
    db.session.commit()
    page = reader.get(f"/alerts/{alert.id}").text
    assert f'<a href="/tickets/{ticket.id}">#{ticket.id} Clinical system</a>' in page
