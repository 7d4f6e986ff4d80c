"""The month's page, its rows and its files."""

import io
import re
from datetime import timedelta

import pytest
from docx import Document
from openpyxl import load_workbook

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Role
from itops.services.months.rows import FIGURES
from tests import factories
from tests.services.months import world

MONTH = "/month/2026-11"


@pytest.fixture
def november(app):
    site = factories.site()
    world.tickets(site, factories.department(site=site, name="检验科", name_en="Laboratory"))
    world.alerts(site)
    world.orders(site)
    world.outages(world.modules(site)[0])
    db.session.commit()
    return site


@pytest.fixture(autouse=True)
def december(time_machine):
    time_machine.move_to(world.AFTER, tick=True)


def test_the_page_says_it_in_sentences_and_figures(sign_in, november):
    page = sign_in(Role.DIRECTOR).get(MONTH).text
    assert "2 outages of modules" in page
    assert "4 alerts were opened. Over before anybody acknowledged: 1." in page
    assert "2 of 4 (50 %)" in page
    assert "2026-11-01 – 2026-11-30" in page
    assert "Laboratory" in page
    assert "3.7 of 5 (3 ratings)" in page


def test_every_figure_of_the_page_opens_its_rows(sign_in, november):
    browser = sign_in(Role.HEAD)
    page = browser.get(MONTH).text
    links = set(re.findall(rf'href="({MONTH}/rows/[^"]+)"[^>]*>(\d+)<', page))
    assert len(links) > 12
    for address, count in links:
        listed = browser.get(address.replace("&amp;", "&")).text
        assert listed.count('<th role="rowheader"') == int(count), address


def test_alerts_are_named_in_the_readers_language(sign_in):
    names = {"subject_name": "LIS 备份", "subject_name_en": "LIS backup"}
    world.alert(factories.site(), **names)
    db.session.commit()
    browser, address = sign_in(Role.HEAD), f"{MONTH}/rows/alerts"
    english, chinese = (
        browser.get(address, headers={"Accept-Language": one}).text for one in ("en", "zh")
    )
    assert (">LIS backup<" in english, ">LIS 备份<" in chinese) == (True, True)


@pytest.mark.parametrize("figure", FIGURES)
def test_every_list_of_rows_has_words_also_when_it_is_empty(sign_in, figure):
    page = sign_in(Role.HEAD).get(f"{MONTH}/rows/{figure}")
    assert page.status_code == 200
    assert "Nothing is counted here" in page.text
    assert "month.rows" not in page.text


def test_an_empty_month_says_so(sign_in):
    page = sign_in(Role.HEAD).get(MONTH).text
    for sentence in ("No modules yet", "No alert was opened", "Nothing was due"):
        assert sentence in page


def test_without_a_month_it_is_the_running_one(sign_in, november):
    page = sign_in(Role.HEAD).get("/month").text
    assert "2026-12-01 – 2026-12-05" in page
    assert "The month is not over" in page


@pytest.mark.parametrize("month", ["2026-13", "2027-01", "0000-00", "x", "2026-11-01"])
def test_a_month_that_is_none_or_not_begun_is_not_there(sign_in, month):
    assert sign_in(Role.HEAD).get(f"/month/{month}").status_code == 404


@pytest.mark.parametrize("query", ["department=x", "module=99999999999", "start=-1", "start=9e9"])
def test_nonsense_in_the_address_narrows_to_nothing_or_is_ignored(sign_in, november, query):
    assert sign_in(Role.HEAD).get(f"{MONTH}/rows/tickets?{query}").status_code == 200


def test_an_unknown_figure_is_not_there(sign_in):
    assert sign_in(Role.HEAD).get(f"{MONTH}/rows/salaries").status_code == 404
    assert sign_in(Role.ENGINEER).get(f"{MONTH}/report.pdf").status_code == 404


def test_another_site_sees_nothing_of_it(sign_in, november):
    browser = sign_in(Role.SITE_OFFICER, site=factories.site())
    assert "No ticket was opened" in browser.get(MONTH).text
    assert "Nothing is counted here" in browser.get(f"{MONTH}/rows/tickets").text


def test_the_workbook_has_a_sheet_a_subject_with_numbers_that_are_numbers(sign_in, november):
    answer = sign_in(Role.HEAD).get(f"{MONTH}/report.xlsx")
    assert 'filename="itops-month-2026-11.xlsx"' in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    assert len(book.sheetnames) == 5
    tickets = list(book["Tickets by department"].values)
    assert tickets[1][0] == "2026-11-01 – 2026-11-30 · n = 5"
    assert tickets[4][:2] == ("Laboratory", 5)
    alerts = {row[0]: row[1] for row in book["Alerts"].values}
    assert alerts["Opened"] == 4


def test_the_letter_says_the_same(sign_in, november):
    answer = sign_in(Role.HEAD).get(f"{MONTH}/report.docx")
    paper = Document(io.BytesIO(answer.data))
    assert paper.paragraphs[0].text == "Month 2026-11"
    assert "2 outages of modules" in "".join(one.text for one in paper.paragraphs)
    assert len(paper.tables) == 5


def test_a_name_that_is_a_formula_stays_a_text(sign_in, november):
    module = factories.module(code="=1+1", name="=cmd|' /C calc'!A0", site=november)
    module.created_at = utcnow() - timedelta(days=90)
    db.session.commit()
    answer = sign_in(Role.HEAD).get(f"{MONTH}/report.xlsx")
    sheet = load_workbook(io.BytesIO(answer.data))["Availability of modules"]
    cells = [cell for row in sheet.rows for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []


def test_a_month_of_which_nothing_is_known_is_not_green(sign_in):
    browser = sign_in(Role.DIRECTOR)
    page = browser.get(MONTH).text
    assert '<div class="say unk">' in page
    assert "Nothing is known of any module" in page
    world.modules(factories.site())
    db.session.commit()
    page = browser.get(MONTH).text
    assert "Nothing is known of any module" in page
    assert '<div class="say unk">' in page


def test_a_month_of_which_only_a_part_is_known_says_so(sign_in):
    first, *others = world.modules(factories.site())
    world.change(first, world.NOON - 40 * world.DAY, State.UNKNOWN, State.OK)
    db.session.commit()
    page = sign_in(Role.DIRECTOR).get(MONTH).text
    assert f"of {len(others)} nothing is known" in page
    assert '<div class="say warn">' in page
