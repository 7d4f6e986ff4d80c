"""Single keys: they work outside of fields, can be looked up, and can be switched off."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def at(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent")


def test_a_slash_goes_to_the_search_and_escape_leaves_it(opened):
    page = opened()
    page.keyboard.press("/")
    assert at(page) == "q"
    page.keyboard.type("g h ?")
    assert page.input_value("#q") == "g h ?"
    page.keyboard.press("Escape")
    assert at(page) != "q"


def test_g_and_a_letter_go_to_a_place(opened):
    page = opened()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/gallery/?at=a")


def test_j_and_k_walk_the_rows_and_enter_opens_one(opened):
    page = opened()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert at(page) == "温度未知"
    page.keyboard.press("k")
    assert at(page) == "日志盘 E: 已满"
    page.keyboard.press("Enter")
    assert page.url.endswith("#row1")


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(opened):
    page = opened()
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="快捷键").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("heading", name="快捷键").is_visible()


def test_a_key_with_control_is_the_browsers(opened):
    page = opened()
    page.keyboard.press("Control+j")
    assert at(page) != "日志盘 E: 已满"


def test_keys_that_are_switched_off_do_nothing(opened, gallery_url):
    page = opened()
    page.goto(gallery_url.replace("/gallery", "/preferences"))
    page.get_by_role("button", name="关闭", exact=True).click()
    page.goto(gallery_url + "/")
    page.keyboard.press("/")
    assert at(page) != "q"
    assert page.locator("#keys").count() == 0
