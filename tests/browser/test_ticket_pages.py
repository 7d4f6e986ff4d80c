"""What strangers write never runs, and the pages of tickets can be read by everybody."""

import io
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import AssetLabel, Ticket
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.tickets import announcing, working
from itops.services.tickets.announcing import Announcement
from itops.services.tickets.codes import follow_code
from tests import factories
from tests.browser import axe
from tests.views.tickets.test_desk import PNG

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = '<img src=x onerror="window.sung=1"><script>window.sung=1</script>{{7*7}}\''
BOSS = Actor(None, "王主任")


@pytest.fixture
def nasty(app, client):
    """Fill every field that anybody may write with the canary, by the forms; give the pages."""
    ward = factories.department(name=CANARY)
    asset = factories.asset(name=CANARY, site=ward.site, department=ward)
    code = asset_labels.codes_of([asset.id], by=BOSS, at=utcnow())[asset.id]
    key = "1" * 32
    data: dict[str, Any] = {"key": key, "what": "slow", "urgency": "now"}
    data |= dict.fromkeys(("text", "name", "place"), CANARY[:80])
    db.session.commit()
    assert client.post(f"/q/{code}", data=data).status_code == 303
    place = f"/f/{follow_code(key)}"
    client.post(f"{place}/line", data={"text": CANARY})
    data |= {"key": "2" * 32, "department_id": ward.id}
    data["photo"] = (io.BytesIO(PNG), f"{CANARY}.png")
    assert client.post(f"/report/{ward.site_id}", data=data).status_code == 303
    first, second = db.session.scalars(select(Ticket).order_by(Ticket.id))
    said = Announcement(CANARY, CANARY, utcnow())
    announcing.announce(second, said, version=second.version, by=BOSS, at=utcnow())
    for ticket in (first, second):
        working.write_note(ticket, CANARY, is_public=True, by=Actor(None, CANARY), at=utcnow())
    db.session.commit()
    public = [f"/q/{code}", f"/report/{ward.site_id}", place, "/follow", "/report"]
    inside = ["/tickets", f"/tickets/{first.id}", f"/tickets/{second.id}", "/tickets/new"]
    inside += [f"/tickets/{first.id}/edit", "/tickets?q=img", f"/labels/asset/{asset.id}"]
    return public, [*inside, "/labels/sheet", "/labels"]


def test_no_page_runs_what_strangers_write(look, nasty):
    for is_signed_in, paths in zip((False, True), nasty, strict=True):
        for path in paths:
            page = look(path, is_signed_in=is_signed_in)
            assert (path, page.status) == (path, 200)
            assert (path, page.told) == (path, [])
            assert (path, page.evaluate("window.sung")) == (path, None)
            assert page.locator("main img:not([src^='/attachments/'])").count() == 0
            assert page.locator("main script").count() == 0


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_the_pages_pass_axe_and_don_t_scroll_sideways(look, nasty, theme, width):
    for is_signed_in, paths in zip((False, True), nasty, strict=True):
        for path in paths:
            size = {"width": width, "height": 900}
            page = look(path, is_signed_in=is_signed_in, color_scheme=theme, viewport=size)
            assert (path, axe.violations(page)) == (path, [])
            if path != "/labels/sheet":
                sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert (path, sideways) <= (path, 0)


def test_three_taps_without_a_script_report_a_fault(look, nasty, served):
    code = db.session.scalars(select(AssetLabel.code)).one()
    page = look(f"/q/{code}", is_signed_in=False, java_script_enabled=False, has_touch=True)
    before = len(db.session.scalars(select(Ticket)).all())
    db.session.commit()  # a test that looked holds the lock for which a report waits
    page.tap("label:has-text('打印机')")
    page.tap("label:has-text('能凑合')")
    page.tap(".send .btn")
    page.wait_for_url("**/f/*")
    assert "收到了" in page.content()
    assert len(db.session.scalars(select(Ticket)).all()) == before + 1


def test_a_double_click_says_it_once_and_a_finger_hits_the_row(look):
    ticket = factories.ticket(text="卡纸")
    db.session.commit()
    page = look("/tickets", viewport={"width": 390, "height": 800}, has_touch=True)
    page.locator(".ls > li", has_text="卡纸").locator("p").first.tap(force=True)
    page.wait_for_url(f"**/tickets/{ticket.id}")
    sent = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.fill("#text", "在路上")
    page.dblclick("button:has-text('告诉报修人')")
    page.wait_for_selector(".tl:has-text('在路上')")
    assert len(sent) == 1
