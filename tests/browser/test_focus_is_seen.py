"""Who walks by Tab sees where they are: no bar covers what has the focus (WCAG 2.4.11)."""

import pytest

from itops.db import db
from itops.models import Role
from tests import factories
from tests.services.maintenance.planned import order
from tests.views.forms_read import Form

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: No page of these has as many stops.
MOST_STOPS = 400
#: Return what has the focus, and whether one of the bars lies over its middle or an end.
COVERED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const box = one.getBoundingClientRect();
    const bar = one.closest('.send, .nav, .top');
    const across = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const tall = box.height > innerHeight / 2;
    const heights = tall ? [box.top + box.height / 2] : [box.top + 1, box.bottom - 1];
    const covered = heights.some(y => {
        if (y < 0 || y > innerHeight) return true;
        const over = document.elementFromPoint(across, y)?.closest('.send, .nav, .top');
        return over && over !== bar;
    });
    return [one.id || one.name || one.textContent.trim().slice(0, 30), Boolean(covered)];
}"""


def walk(page, key: str) -> list[tuple[str, bool]]:
    """Press a key until the focus leaves the page; return each stop, and whether it was covered."""
    stops: list[tuple[str, bool]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        stop = page.evaluate(COVERED)
        if stop is None:
            return stops
        stops.append((stop[0], stop[1]))
    raise AssertionError("the walk has no end")


@pytest.fixture
def pages(app, sign_in):
    """Addresses of pages with a bar at an end, and whether they need somebody signed in."""
    ward = factories.department()
    asset = factories.asset(name="检验电脑", tag="PC-7", site=ward.site, department=ward)
    made = order(name="检验除尘", site=ward.site, assets=[asset])
    for number in range(9):
        factories.ticket(title=f"检验 {number}", asset_id=asset.id)
    factories.module(code="LIS", name="检验信息系统", site=ward.site)
    db.session.commit()
    return {
        f"/report/{ward.site_id}": False,
        f"/maintenance/orders/{made.id}": True,
        "/search?q=检验": True,
        f"/assets/{asset.id}/edit": True,
        "/tickets/new": True,
    }


@pytest.mark.parametrize(("width", "height"), [(390, 664), (1280, 720)])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_no_bar_covers_what_has_the_focus(look, pages, width, height, locale, is_full):
    """All pages in both languages with --full, else each page in one of them at each width."""
    size = {"viewport": {"width": width, "height": height}, "locale": locale}
    every, turn = list(pages.items()), (locale == "zh-CN") ^ (width == 390)
    for path, is_signed_in in every if is_full else every[turn::2]:
        page = look(path, is_signed_in=is_signed_in, **size)
        for key in ("Tab", "Shift+Tab"):
            stops = walk(page, key)
            assert len(stops) > 3, path
            assert (path, key, [name for name, covered in stops if covered]) == (path, key, [])


@pytest.mark.parametrize("width", [390, 1280])
def test_after_a_lost_race_the_way_to_what_both_changed_is_seen(look, app, sign_in, width):
    asset = factories.asset(name="起初")
    db.session.commit()
    path = f"/assets/{asset.id}/edit"
    page = look(path, viewport={"width": width, "height": 664})
    other = sign_in(Role.HEAD)
    form = Form(other.get(path).text, wanted="name").fields
    other.post(path, data=form | {"name": "对方写的", "notes": "对方的备注"})
    page.fill("#name", "我写的")
    page.click("form.stack .btn.go")
    page.wait_for_selector("text=对方写的")
    assert page.input_value("#notes") == "对方的备注"
    assert [name for name, covered in walk(page, "Tab") if covered] == []
    page.click('a[href="#name"]')
    page.keyboard.press("Tab")
    assert page.evaluate(COVERED)[1] is False
