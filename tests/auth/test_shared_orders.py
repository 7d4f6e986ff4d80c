"""Of an order over the machines of several, a guest sees the machines that are named to them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Asset,
    Attachment,
    Role,
    RoleGrant,
    User,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.services import attachments
from itops.services.maintenance import attesting, feeds, work_orders
from itops.services.maintenance.attesting import PHOTOS, Claim
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.days import Now
from tests import factories
from tests.auth.signed_in import browser
from tests.services.maintenance.planned import ZONE, actor, order, plan
from tests.views.maintenance.forms import png

BOOTS = Question(key="q1", kind=Asks.YES_NO, text="能开机", text_en="It boots")
WORDS = Question(key="q2", kind=Asks.NOTE, text="说明", text_en="Words")
#: What nobody else's machine may show a guest: it stands in tags, rooms, answers, words, reasons.
CANARY = "zqother"
OWN = "zqown"
pytestmark = pytest.mark.both_databases


def machine(word: str, n: int = 1, **given: Any) -> Asset:
    site = given.pop("site", None) or factories.site()
    room = factories.location(site=site, name=f"{word}房{n}")
    return factories.asset(tag=f"{word}-{n}", name=f"{word}机{n}", site=site, location=room)


def answered(made: WorkOrder, item: WorkOrderItem, word: str, now: Now) -> None:
    """Let a machine of an order be done with a finding, a photo and words of its own."""
    typed = {"q1": "no", "q2": f"{word}说明", "remark": f"{word}没有开机"}
    photo = attachments.examine(png(), f"{word}.png")
    attesting.attest(made, item, Claim(typed, {PHOTOS: [photo]}), by=actor(), now=now)


@pytest.fixture
def now():
    return Now(utcnow(), ZONE)


@pytest.fixture
def shared(any_app, now):
    """Give an order over five machines: two named to a guest, three of others."""
    site = factories.site()
    mine = [machine(OWN, n, site=site) for n in (1, 2)]
    theirs = [machine(CANARY, n, site=site) for n in (1, 2, 3)]
    whole = {"plan": plan(name=f"{CANARY}计划", site=site), "site": site}
    made = order(BOOTS, WORDS, name="巡检", due_on=now.today, assets=[*mine, *theirs], **whole)
    items = {one.asset_id: one for one in db.session.scalars(select(WorkOrderItem))}
    answered(made, items[theirs[0].id], CANARY, now)
    attesting.skip(made, items[theirs[1].id], f"{CANARY}送修", by=actor(), now=now)
    answered(made, items[mine[0].id], OWN, now)
    work_orders.move(made, WorkStatus.WAITING, reason=f"{CANARY}等备件", by=actor(), now=now)
    db.session.commit()
    return made


@pytest.fixture
def guest(shared):
    """Give the guest, to whom two machines of it are named."""
    who = factories.user()
    ends = utcnow() + timedelta(days=1)
    for asset in db.session.scalars(select(Asset).where(Asset.tag.startswith(OWN))):
        who.grants.append(RoleGrant(role=Role.VENDOR, asset_id=asset.id, ends_at=ends))
    db.session.commit()
    return who


@pytest.fixture
def client(any_app, guest):
    return browser(any_app, guest)


def test_the_page_shows_the_named_machines_and_how_many_others_there_are(client, shared):
    page = client.get(f"/maintenance/orders/{shared.id}").text
    assert CANARY not in page
    assert f"{OWN}没有开机" in page
    assert f"{OWN}说明" in page
    assert f"{OWN}-2" in page
    assert "1 of 2 machines" in page
    assert "and 3 machines that you can&#39;t see" in page


def test_it_says_so_in_chinese_too(any_app, guest, shared):
    guest.language = "zh_Hans"
    db.session.commit()
    page = browser(any_app, guest).get(f"/maintenance/orders/{shared.id}").text
    assert "另有 3 台您看不到" in page


def test_no_list_sheet_feed_export_or_search_tells_of_another_machine(client, guest, shared, now):
    _, secret = feeds.create(guest.id, name="手机", is_only_mine=False, by=actor(), at=now.at)
    db.session.commit()
    for path in (
        "/maintenance?shelf=all",
        "/maintenance?shelf=found",
        "/maintenance/calendar",
        f"/maintenance/day/{now.today}",
        f"/calendar/{secret}.ics",
        "/today?all=1",
        f"/search?q={OWN}-1",
        f"/maintenance?shelf=all&q={OWN}-1",
    ):
        answer = client.get(path).text
        assert ("巡检" in answer, CANARY in answer) == (True, False), path
    assert CANARY not in client.get("/assets/export.csv").text


@pytest.mark.parametrize("pattern", ["/search?q={}", "/maintenance?shelf=all&q={}"])
def test_the_tag_of_another_machine_finds_nothing(client, shared, pattern):
    assert shared.number in client.get(pattern.format(f"{OWN}-2")).text
    assert shared.number not in client.get(pattern.format(f"{CANARY}-2")).text


def test_no_filter_and_no_count_asks_after_another_machine(client, shared):
    mine, theirs = (
        db.session.scalars(select(Asset).where(Asset.tag == f"{one}-1")).one()
        for one in (OWN, CANARY)
    )
    assert shared.number in client.get(f"/maintenance?shelf=all&asset={mine.id}").text
    assert shared.number not in client.get(f"/maintenance?shelf=all&asset={theirs.id}").text


def test_what_only_others_machines_have_puts_no_order_on_a_shelf(client, shared, now):
    site = factories.site()
    mine, theirs = machine(OWN, 8, site=site), machine(CANARY, 8, site=site)
    made = order(BOOTS, WORDS, due_on=now.today, site=site, assets=[mine, theirs])
    item = db.session.scalars(select(WorkOrderItem).where(WorkOrderItem.asset_id == theirs.id))
    answered(made, item.one(), CANARY, now)
    who = db.session.scalars(select(User).where(User.grants.any())).one()
    ends = utcnow() + timedelta(days=1)
    who.grants.append(RoleGrant(role=Role.VENDOR, asset_id=mine.id, ends_at=ends))
    db.session.commit()
    assert made.number in client.get("/maintenance?shelf=all").text
    assert made.number not in client.get("/maintenance?shelf=found").text


def test_photos_of_other_machines_do_not_exist(client, shared):
    found = {}
    for one in db.session.scalars(select(Attachment).order_by(Attachment.id)):
        found[one.code] = client.get(f"/attachments/{one.code}").status_code
    assert list(found.values()) == [404, 200]


def test_whoever_reaches_it_by_its_place_sees_all_of_it(any_app, guest, shared):
    guest.grants.append(RoleGrant(role=Role.ENGINEER, site_id=shared.site_id))
    db.session.commit()
    page = browser(any_app, guest).get(f"/maintenance/orders/{shared.id}").text
    for word in (f"{CANARY}没有开机", f"{CANARY}送修", f"{CANARY}等备件", "3 of 5 machines"):
        assert word in page
    assert "can&#39;t see" not in page
