"""The health board as people read it: states, emptiness, scope, filters, both languages."""

from datetime import timedelta

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import AlertStatus, Enrolment, Role, SiteKind, StateChange
from tests import factories
from tests.queries import counted
from tests.services.alerting.world import trouble

ZH = {"Accept-Language": "zh-CN"}


def health(state=State.OK, ago=timedelta(0), key="", **given):
    at = utcnow() - ago
    finding = {"name": "disk", "state": state.value, "message": Message(key).as_json()}
    return {
        "last_seen_at": at,
        "stale_at": at + timedelta(minutes=3),
        "state": state,
        "state_since_at": at,
        "findings": [finding] if key else [],
    } | given


def test_without_any_machine_the_board_tells_the_first_step(sign_in):
    page = sign_in(Role.HEAD).get("/").text
    assert "No machine reports yet" in page
    assert "Make the first code" in page
    assert 'href="/enrolment"' in page


def test_who_may_not_enrol_is_told_whom_to_ask(sign_in):
    page = sign_in(Role.DIRECTOR).get("/").text
    assert "No machine reports yet" in page
    assert "/enrolment" not in page


def test_who_may_not_see_health_is_told_so(sign_in):
    factories.host(name="secret-host", state=health(State.CRITICAL))
    page = sign_in(Role.SECURITY_ADMIN).get("/")
    assert page.status_code == 200
    assert "You may not see" in page.text
    assert "secret-host" not in page.text


def test_nobody_reads_the_board_without_signing_in(client):
    assert client.get("/").status_code in {302, 401}


@pytest.mark.parametrize(
    ("state", "word", "word_zh"),
    [
        (State.CRITICAL, "Critical", "严重"),
        (State.UNKNOWN, "Unknown", "未知"),
        (State.WARNING, "Warning", "警告"),
        (State.OK, "OK", "正常"),
    ],
)
def test_each_state_is_counted_with_its_word_in_both_languages(sign_in, state, word, word_zh):
    factories.host(state=health(state))
    client = sign_in(Role.HEAD)
    for language, said in ({"Accept-Language": "en"}, word), (ZH, word_zh):
        page = client.get("/", headers=language).text
        assert f"<b>1</b><span>{said}" in page


def test_a_silent_machine_is_unknown_and_named_with_the_reason(sign_in):
    factories.host(name="mz-pc-1", state=health(State.OK, ago=timedelta(days=1)))
    page = sign_in(Role.HEAD).get("/").text
    assert "<b>1</b><span>Unknown" in page
    assert "mz-pc-1" in page
    assert "Nothing heard since" in page


def test_when_all_is_well_the_list_says_so(sign_in):
    factories.host(state=health())
    assert "Nothing is wrong" in sign_in(Role.HEAD).get("/").text


def test_pending_machines_are_a_line_of_their_own_for_who_may_approve(sign_in):
    factories.host(state=health())
    factories.host(name="stranger", enrolment=Enrolment.PENDING)
    page = sign_in(Role.HEAD).get("/").text
    assert "1 machine waits for approval." in page
    assert "stranger" not in page
    assert "waits for approval" not in sign_in(Role.DIRECTOR).get("/").text


def test_a_site_officer_sees_their_site_and_all_below_it_only(sign_in):
    centre = factories.site(kind=SiteKind.TOWNSHIP_CENTRE, name="龙泉镇卫生院")
    clinic = factories.site(kind=SiteKind.VILLAGE_CLINIC, parent=centre, name="上村")
    factories.host(name="mine", site=clinic, state=health(State.CRITICAL, key="a"))
    factories.host(name="theirs", site=factories.site(name="别院"), state=health(State.CRITICAL))
    page = sign_in(Role.SITE_OFFICER, site=centre).get("/").text
    assert "mine" in page
    assert "theirs" not in page
    assert "别院" not in page
    assert "1 device" in page


def test_filters_stand_in_the_address_and_a_wrong_one_is_named(sign_in):
    room = factories.location(name="收费处")
    asset = factories.asset(site=room.site, location=room)
    factories.host(asset=asset, site=room.site, state=health())
    factories.host(state=health())
    client = sign_in(Role.HEAD)
    assert "1 device" in client.get(f"/?place={room.id}").text
    assert "Nothing matches" in client.get("/?place=99999").text
    every = client.get("/").text.count('class="rm')
    for nonsense in ("/?place=abc", "/?site=9999999999999999999", "/?kind=moon", "/?site=-1"):
        assert client.get(nonsense).text.count('class="rm') == every > 0


def test_the_board_offers_what_is_new_without_redrawing_itself(sign_in):
    host = factories.host(state=health(State.CRITICAL))
    factories._added(StateChange(host_id=host.id, at=utcnow(), old=State.OK, new=State.CRITICAL))
    client = sign_in(Role.HEAD)
    before = int((utcnow() - timedelta(minutes=1)).timestamp())
    assert "1 new" in client.get(f"/health/news?since={before}").text
    later = int((utcnow() + timedelta(minutes=1)).timestamp())
    assert "new</a>" not in client.get(f"/health/news?since={later}").text
    assert client.get("/health/news?since=99999999999999").status_code == 200


def test_the_board_asks_the_database_a_fixed_number_of_questions(sign_in):
    client = sign_in(Role.HEAD)
    counts = []
    for _ in range(2):
        for number in range(10):
            state = list(State)[number % 4]
            factories.host(asset=factories.asset(), state=health(state, key=f"k{number}"))
        db.session.commit()
        with counted() as statements:
            client.get("/")
        counts.append(len(statements))
    # The more is wrong, the sooner there are lines enough.
    assert counts[1] <= counts[0] <= 16


def test_a_place_that_fell_silent_as_a_whole_stands_on_the_board(sign_in):
    """At night its machines are not expected, so that no line below tells of them."""
    site = factories.site(name="龙泉镇卫生院", name_en="Longquan health centre")
    subject = {"name": site.name, "name_en": site.name_en, "site_id": site.id}
    alert = trouble(f"site:{site.id}", State.UNKNOWN, rule="silence", at=utcnow(), **subject)
    over = trouble("site:99", State.UNKNOWN, rule="silence", at=utcnow(), name="别处")
    over.move_to(AlertStatus.RESOLVED, at=utcnow())
    trouble("host:1", at=utcnow(), name="一台服务器")
    db.session.commit()
    page = sign_in(Role.HEAD).get("/").text
    main = page[page.index("<main") :]
    assert "Longquan health centre" in main
    assert f'href="/alerts/{alert.id}"' in main
    assert ("别处" in main, "一台服务器" in main) == (False, False)
    inspector = sign_in(Role.INSPECTOR).get("/").text
    assert f"/alerts/{alert.id}" not in inspector
