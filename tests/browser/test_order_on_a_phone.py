"""What somebody answered can be read on a phone: it has the width of the page."""

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import WorkOrderItem
from itops.services.maintenance import attesting
from itops.services.maintenance.attesting import Claim
from itops.services.maintenance.checklists import Asks, Question
from tests import factories
from tests.services.maintenance.planned import actor, at, order

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
ASKED = (
    Question(key="q1", kind=Asks.YES_NO, text="机柜门锁好，前后通风没有被挡住"),
    Question(key="q2", kind=Asks.READING, text="机房温度", unit="°C", low=15, high=30),
    Question(key="q3", kind=Asks.NOTE, text="做了什么"),
)
TYPED = {"q1": "no", "q2": "33.5", "q3": "清扫滤网，调低空调设定温度，已告诉值班人员"}


@pytest.fixture
def made(app):
    asset = factories.asset(name="机房精密空调")
    found = order(*ASKED, name="机房巡检", assets=[asset])
    item = db.session.scalars(select(WorkOrderItem)).one()
    remark = "后门被纸箱挡住，已请科室搬走"
    attesting.attest(found, item, Claim(TYPED | {"remark": remark}), by=actor(), now=at())
    db.session.commit()
    return found


@pytest.mark.parametrize("part", ["findings", "proof"])
def test_answers_take_the_width_of_a_phone(look, made, part):
    page = look(f"/maintenance/orders/{made.id}", viewport=PHONE)
    widths = page.evaluate(
        "id => ['.kv', ''].map(one => document.querySelector(`#${id} .ls > li ${one}`.trim())"
        ".getBoundingClientRect().width)",
        part,
    )
    assert widths[0] > 0.8 * widths[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
