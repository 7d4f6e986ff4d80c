"""Every component, looked at by a real browser: axe, narrow screens, no script, the policy."""

import pytest

from tests import weight
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: The focus's outline, and what has it. A big radio shows it on the box beside it.
RING = """() => {
  let at = document.activeElement;
  at = at.matches(".pick input") ? at.nextElementSibling : at;
  const style = getComputedStyle(at);
  return [style.outlineStyle + " " + style.outlineWidth, at.outerHTML.slice(0, 200)];
}"""
PAGES = ["/", "/door", "/error/404", "/error/500"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(opened, path, width, scheme):
    window = {"width": width, "height": 900}
    page = opened(path, viewport=window, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_has_nothing_to_refuse(opened, path):
    page = opened(path)
    assert [text for text in page.told if "the server responded with a status of" not in text] == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 720])
def test_nothing_needs_sideways_scrolling(opened, path, width):
    """At 320 px, and at 720, which is 1,440 px at 200 % zoom."""
    page = opened(path, viewport={"width": width, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_all_of_it_is_there_without_a_script(opened):
    page = opened(java_script_enabled=False, viewport={"width": 390, "height": 844})
    assert page.locator("figure.plot svg .ln").first.is_visible()
    assert page.locator("figure.plot canvas").count() == 0
    page.locator("figure.plot summary").first.click()
    assert page.locator("figure.plot tbody tr").first.is_visible()
    page.get_by_role("link", name="更多").click()
    assert page.get_by_role("link", name="审计").is_visible()
    page.get_by_role("link", name="收起").first.click()
    assert not page.get_by_role("link", name="审计").is_visible()


@pytest.mark.parametrize(("chosen", "ground"), [("dark", "rgb(13, 21, 23)"), ("light", "rgb(2")])
def test_ones_own_theme_is_stronger_than_the_systems(opened, chosen, ground):
    system = "light" if chosen == "dark" else "dark"
    page = opened(f"/?theme={chosen}", color_scheme=system)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor").startswith(ground)


def test_paper_is_black_on_white_and_says_who_printed_it_and_when(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".nav").is_visible()
    assert not page.locator("form.form, form.filter").first.is_visible()
    printed = page.locator(".printed").inner_text()
    assert "清江县人民医院" in printed
    assert "2026-11-23 10:06" in printed
    assert "李建国" in printed


def test_the_ring_of_the_focus_is_never_lost(opened):
    page = opened(viewport={"width": 1440, "height": 900})
    for _ in range(40):
        page.keyboard.press("Tab")
        outline, where = page.evaluate(RING)
        assert outline == "solid 3px", where


def test_the_first_tab_leads_past_the_navigation(opened):
    page = opened()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", ["/", "/door"])
def test_a_page_stays_within_its_budget(gallery_app, path):
    client = gallery_app.test_client()
    weights = weight.check(client.get(f"/gallery{path}").text, client.get)
    assert weights["html"] < 20_000
