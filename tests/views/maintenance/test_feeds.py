"""Calendar addresses: secret, revocable, as far as their owner sees, under names that stay."""

import re
from datetime import timedelta

import icalendar
import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import CalendarFeed, Role, User, WorkOrder, WorkStatus
from itops.services.maintenance import making
from itops.services.maintenance.days import Now
from tests import factories
from tests.services.maintenance.planned import ZONE, order, plan


def today():
    return Now(utcnow(), ZONE).today


def address(client, **form: str) -> str:
    page = client.post("/maintenance/feeds", data={"name": "手机"} | form).text
    return str(re.findall(r"/calendar/[\w-]+\.ics", page)[0])


def read(client, path: str) -> list[icalendar.Component]:
    answer = client.get(path)
    assert answer.mimetype == "text/calendar"
    return list(icalendar.Calendar.from_ical(answer.data).walk("VEVENT"))


def test_a_calendar_program_reads_orders_and_the_dates_that_plans_will_bring(sign_in, client):
    engineer = sign_in(Role.ENGINEER)
    order(name="除尘；,\n<b>", due_on=today(), asset=factories.asset(name="电脑"))
    plan(starts_on=today() + timedelta(days=1), recurrence="FREQ=WEEKLY;BYDAY=MO")
    found = read(client, address(engineer))
    assert "除尘" in str(found[0]["summary"])
    assert found[0].decoded("dtstart") == today()
    assert 24 <= len(found) <= 28
    assert len({str(one["uid"]) for one in found}) == len(found)


def test_an_entry_keeps_its_name_when_its_order_is_made_and_when_it_is_done(sign_in, client):
    engineer = sign_in(Role.ENGINEER)
    made = plan(starts_on=today(), recurrence="FREQ=DAILY;INTERVAL=120")
    path = address(engineer)
    before = read(client, path)[0]["uid"]
    assert making.make(made, Now(utcnow(), ZONE)) == 1
    assert read(client, path)[0]["uid"] == before
    row = db.session.scalars(select(WorkOrder)).one()
    assert row.due_on == today()
    row.status = WorkStatus.CANCELLED
    db.session.commit()
    after = read(client, path)[0]
    assert (after["uid"], after["status"]) == (before, "CANCELLED")


def test_a_feed_shows_what_its_owner_may_see_and_no_more(sign_in, client):
    site = factories.site()
    order(name="这里", site=site, due_on=today())
    order(name="那里", due_on=today())
    path = address(sign_in(Role.SITE_OFFICER, site=site))
    assert [str(one["summary"]) for one in read(client, path)] == ["这里"]


def test_only_mine_leaves_out_what_others_took(sign_in, client):
    engineer = sign_in(Role.ENGINEER)
    order(name="别人的", due_on=today(), assignee=factories.user())
    order(name="没人的", due_on=today())
    mine, all_of_them = address(engineer, is_only_mine="1"), address(engineer)
    assert [str(one["summary"]) for one in read(client, mine)] == ["没人的"]
    assert len(read(client, all_of_them)) == 2


@pytest.mark.parametrize("why", ["revoked", "shut", "grants"])
def test_an_address_ends_when_it_is_revoked_or_its_owner_may_no_longer(why, sign_in, client):
    order(due_on=today())
    engineer = sign_in(Role.ENGINEER, login="me")
    path = address(engineer)
    feed = db.session.scalars(select(CalendarFeed)).one()
    me = db.session.scalars(select(User).where(User.login == "me")).one()
    if why == "revoked":
        assert engineer.post(f"/maintenance/feeds/{feed.id}/revoke").status_code == 302
    elif why == "shut":
        me.is_enabled = False
    else:
        me.grants.clear()
    db.session.commit()
    if why == "grants":
        assert read(client, path) == []
    else:
        assert client.get(path).status_code == 404


def test_nobody_revokes_anothers_address_and_a_guess_opens_nothing(sign_in, client):
    address(sign_in(Role.ENGINEER))
    feed = db.session.scalars(select(CalendarFeed)).one()
    other = sign_in(Role.HEAD)
    assert other.post(f"/maintenance/feeds/{feed.id}/revoke").status_code == 404
    assert feed.revoked_at is None
    for guess in ("x", "0" * 500, "..%2f", "%00", "' OR 1=1"):
        assert client.get(f"/calendar/{guess}.ics").status_code in {400, 404}


def test_the_secret_is_shown_once_and_kept_as_a_digest_only(sign_in):
    engineer = sign_in(Role.ENGINEER)
    path = address(engineer)
    assert path not in engineer.get("/maintenance/feeds").text
    feed = db.session.scalars(select(CalendarFeed)).one()
    assert path.encode() not in feed.token_hash


def test_who_has_yet_to_set_up_a_second_factor_has_no_calendar_either(
    sign_in, client, with_settings
):
    path = address(sign_in(Role.ENGINEER))
    assert client.get(path).status_code == 200
    with_settings(two_factor_roles=frozenset({Role.ENGINEER}))
    assert client.get(path).status_code == 403
