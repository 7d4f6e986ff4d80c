"""The printed sheet of labels: as large as its paper, and read by another program."""

import re
import subprocess

import pytest

from itops.db import db
from itops.documents.labels import PAPERS
from itops.models import AssetLabel, Role
from tests import factories
from tests.browser.windows import cookie_of, serving
from tests.components import missing, program

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: A PDF counts in points.
POINTS_A_MM = 72 / 25.4


@pytest.fixture
def printer(app, chromium):
    """Give a page of a real browser, an engineer signed in; what it complains of is in `told`."""
    cookie = cookie_of(app, factories.user(role=Role.ENGINEER))
    with serving(app) as url:
        context = chromium.new_context(device_scale_factor=3)
        context.add_cookies([{"name": "itops", "value": cookie, "url": url}])
        page = context.new_page()
        page.told, page.base = [], url
        page.on("console", lambda message: page.told.append(message.text))
        yield page
        context.close()


@pytest.mark.parametrize("paper", ["a4_21", "a4_65", "roll_50x30"])
def test_another_program_reads_the_sheet_as_it_is_printed(printer, paper, tmp_path):
    reader = program("zbarimg", "/usr/bin")
    if not reader:
        missing("zbarimg")
    ward = factories.department(name="呼吸内科", name_en="Respiratory ward")
    for number in range(3):
        factories.asset(tag=f"YJ-{number:04}", name="护士站", site=ward.site, department=ward)
    db.session.commit()
    printer.goto(f"{printer.base}/labels?paper={paper}")
    printer.click("footer .btn.go")
    printer.wait_for_load_state()

    no_text_leaves_its_label(printer, PAPERS[paper])
    printed = printer.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    wanted = PAPERS[paper]
    assert len(boxes) == -(-3 // wanted.per_page)
    for box in boxes:
        size = [float(side) / POINTS_A_MM for side in box]
        assert size == pytest.approx(wanted.page, abs=0.5)

    printer.emulate_media(media="print")
    pictures = []
    for number, drawn in enumerate(printer.locator("svg[viewBox]").all()):
        pictures.append(tmp_path / f"{number}.png")
        drawn.screenshot(path=pictures[-1])
    command = [reader, "-q", "--raw", *pictures]
    read = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    codes = [label.code for label in db.session.query(AssetLabel)]
    assert sorted(re.findall(r"/q/(\w+)", read)) == sorted(codes)
    assert printer.told == []


def no_text_leaves_its_label(page, paper):
    """Fail if a line is wider than what is left of its label beside the code."""
    right = page.locator("svg text").evaluate_all(
        "all => all.map(one => one.getBBox()).map(box => box.x + box.width)"
    )
    lines = len(right) // 3
    assert lines
    for number, edge in enumerate(right):
        left = paper.origin[0] + number // lines % paper.columns * paper.pitch[0]
        assert edge <= left + paper.size[0]
