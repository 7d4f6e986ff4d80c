"""The whole loop with real parts and a real server, as `itops demo story` plays it."""

from itertools import product

import pytest
from flask import session

from itops.auth import sessions
from itops.cli.story import playing, programs
from itops.cli.story.cast import HEAD
from itops.cli.story.telling import Teller
from itops.clock import utcnow
from itops.db import db
from itops.models import Alert, AlertStatus, Delivery, DeliveryState, User
from tests.components import missing

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.postgresql]
WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
#: An English page, and a Chinese one.
LOCALES = ("en-GB", "zh-CN")


@pytest.fixture
def played():
    """The story, played to its end; its server goes on until the tests are over."""
    if programs.missing():
        missing(" ".join(programs.missing()))
    lines: list[str] = []
    with playing.throw_away() as folder, playing.stage(folder, Teller(write=lines.append)) as stage:
        playing.play(stage)
        yield stage
    assert not folder.exists()


def cookie(stage, login):
    """Return the cookie of a colleague's browser."""
    app = stage.installation.app
    with app.test_request_context():
        user = db.session.query(User).filter_by(login=login).one()
        sessions.begin_session(user, at=utcnow())
        db.session.commit()
        value = app.session_interface.get_signing_serializer(app).dumps(dict(session))
    return {"name": "itops", "value": value, "url": stage.installation.url}


def said(stage, act):
    return [line for line in stage.told.told if line["act"] == act]


def every_act_came_to_its_end(played):
    acts = [line["act"] for line in played.told.told]
    assert set(acts) == {"parts", "disk", "power", "backup", "ward", "dust", "end"}
    assert said(played, "backup")[-1]["key"] == "story.alert.over"
    assert said(played, "ward")[-1]["params"]["n"] == 5


def each_trouble_was_one_alert_told_once_and_its_end_once(played):
    db.session.rollback()
    told_of = db.session.query(Delivery.alert_id).distinct()
    alerts = db.session.query(Alert).filter(Alert.id.in_(told_of)).all()
    assert [alert.status for alert in alerts] == [AlertStatus.RESOLVED] * 3
    kinds = [(one.alert_id, one.kind, one.outbox_id) for one in db.session.query(Delivery)]
    assert len(kinds) == len(set(kinds))
    states = {one.state for one in db.session.query(Delivery)}
    assert states == {DeliveryState.SENT}
    assert sum(playing.letters(played).values()) == len(played.letterbox.letters)


def three_impatient_taps_were_one_ticket_of_two_people(played):
    reported = next(line for line in said(played, "ward") if line["key"] == "story.ward.reports")
    joined = next(line for line in said(played, "ward") if line["key"] == "story.ward.me_too")
    assert reported["params"]["n"] == 1
    assert joined["params"]["n"] == 2


def the_restore_was_measured(played):
    restored = next(line for line in said(played, "backup") if "rto" in line.get("params", {}))
    assert 0 < restored["params"]["rto"] < 120
    assert 0 <= restored["params"]["rpo"] < 600


def every_page_that_the_story_names_opens_and_fits(played, chromium, locale, size):
    context = chromium.new_context(locale=locale, viewport=size)
    context.add_cookies([cookie(played, HEAD)])
    page = context.new_page()
    told = []
    page.on("pageerror", lambda error: told.append(str(error)))
    addresses = {line["url"] for line in played.told.told if line.get("url")}
    for address in sorted(addresses):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        wide = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(wide) <= 0, f"{address} is wider than {size['width']} px"
    context.close()
    assert told == []


def the_month_counts_what_happened(played, chromium):
    context = chromium.new_context(locale="en-GB", viewport=WIDE)
    context.add_cookies([cookie(played, HEAD)])
    page = context.new_page()
    page.goto(said(played, "end")[1]["url"])
    text = page.inner_text("main")
    context.close()
    assert "LIS" in text


def test_the_story_comes_true_and_its_pages_open(played, chromium):
    """One test: it is played for two minutes, and once more for each worker that has a part."""
    every_act_came_to_its_end(played)
    each_trouble_was_one_alert_told_once_and_its_end_once(played)
    three_impatient_taps_were_one_ticket_of_two_people(played)
    the_restore_was_measured(played)
    for locale, size in product(LOCALES, (WIDE, PHONE, NARROW)):
        every_page_that_the_story_names_opens_and_fits(played, chromium, locale, size)
    the_month_counts_what_happened(played, chromium)
