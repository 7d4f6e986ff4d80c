"""Charts in a real browser: a picture becomes a canvas, zooms into the address, comes back."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WINDOW = {"viewport": {"width": 1280, "height": 900}}


def first(page):
    return page.locator("figure.plot").first


def drag(page):
    first(page).scroll_into_view_if_needed()
    box = first(page).locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 40, steps=8)
    page.mouse.up()


def test_the_picture_gives_way_to_a_canvas(opened):
    page = opened(**WINDOW)
    assert first(page).locator("canvas").is_visible()
    assert not first(page).locator(".axes").is_visible()
    assert "CPU" in first(page).locator(".canvas").get_attribute("aria-label")


def test_a_drag_zooms_all_charts_and_writes_the_range_into_the_address(opened):
    page = opened(**WINDOW)
    before = page.locator("figure.plot tbody tr:first-child td:first-child").all_text_contents()
    with page.expect_response(re.compile(r"series/none\?from=\d+&to=\d+")):
        drag(page)
    assert re.search(r"\?from=\d{10}&to=\d{10}$", page.url)
    page.wait_for_function(
        "text => document.querySelector('figure.plot tbody td').textContent !== text",
        arg=before[0],
    )
    page.keyboard.press("Escape")
    page.wait_for_function(
        "text => document.querySelector('figure.plot tbody td').textContent === text",
        arg=before[0],
    )
    assert "from=" not in page.url


def test_under_the_cursor_every_caption_tells_the_same_moment(opened):
    page = opened(**WINDOW)
    first(page).scroll_into_view_if_needed()
    box = first(page).locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40)
    page.wait_for_function(
        "document.querySelector('figure.plot .at').textContent.startsWith('11-22 16:')"
    )
    moments = page.locator("figure.plot .at").all_text_contents()[:3]
    assert len(set(moments)) == 1


def test_without_an_answer_the_servers_picture_stays(opened, gallery_url):
    page = opened("/door")
    page.route("**/series/**", lambda route: route.abort())
    page.goto(gallery_url + "/", wait_until="networkidle")
    assert first(page).locator(".axes").is_visible()
    assert page.locator("figure.plot canvas").count() == 0


@pytest.mark.parametrize("media", [{"color_scheme": "dark"}, {"media": "print"}])
def test_the_colours_follow_the_theme_and_paper(opened, media):
    page = opened(color_scheme="light", **WINDOW)
    shown = "document.querySelector('figure.plot canvas').toDataURL()"
    light = page.evaluate(shown)
    page.emulate_media(**media)
    page.wait_for_function(f"text => {shown} !== text", arg=light)
