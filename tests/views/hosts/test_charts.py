"""Beside each chart stands the newest value, whatever the range, or whose mean it is."""

import re
from datetime import timedelta

import pytest

from itops.clock import utcnow
from itops.models import Role
from tests import factories
from tests.services.history.conftest import add_rows
from tests.views.hosts.test_health import health
from tests.views.hosts.test_pages import with_history

MINUTE = timedelta(minutes=1)
RANGES = ("1h", "24h", "7d", "30d", "1y")


def beside(page):
    """Return what stands beside the processor's chart: the value, and what it is."""
    caption = page[page.index(">Processor</span>") :].partition("</figcaption>")[0]
    return re.findall(r'<b class="last[^"]*">([^<]*)</b><small[^>]*>([^<]*)<', caption)[0]


@pytest.mark.parametrize("span", RANGES)
def test_the_newest_value_is_the_same_in_every_range(sign_in, span):
    host = factories.host(state=health())
    with_history(host)
    add_rows(host, utcnow() - 4 * MINUTE, {"cpu.percent": [30.0, 50.0, 70.0, 93.0]})
    page = sign_in(Role.HEAD).get(f"/hosts/{host.id}?range={span}").text
    assert beside(page) == ("93 %", "%")


def test_a_newest_value_that_is_not_of_now_stands_with_its_time(sign_in):
    host = factories.host(state=health(ago=timedelta(hours=3)))
    at = utcnow() - timedelta(hours=3)
    add_rows(host, at, {"cpu.percent": [42.0]})
    value, note = beside(sign_in(Role.HEAD).get(f"/hosts/{host.id}?range=1h").text)
    assert value == "42 %"
    assert re.fullmatch(r"% · (\d\d-\d\d )?\d\d:\d\d", note)


def test_a_mean_says_that_it_is_one(sign_in):
    """The samples are packed away: the machine has been silent for long."""
    host = factories.host(state=health(ago=timedelta(days=2)))
    with_history(host)
    value, note = beside(sign_in(Role.HEAD).get(f"/hosts/{host.id}?range=30d").text)
    assert value != "Unknown"
    assert re.fullmatch(r"% · mean of \d+ (minutes|hours?)", note)
