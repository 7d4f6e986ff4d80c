"""How times and amounts read, in both languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from itops.views.showing import formats
from itops.views.showing.formats import Reader

AT = datetime(2026, 11, 23, 2, 6, tzinfo=UTC)  # 10:06 in the hospital
ZH = Reader("zh_Hans", ZoneInfo("Asia/Shanghai"), AT)
EN = Reader("en", ZoneInfo("Asia/Shanghai"), AT)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (AT, "10:06"),
        (AT - timedelta(hours=11), "11-22 23:06"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "2025-12-31"),
    ],
)
def test_a_time_names_its_day_unless_it_is_today_in_the_hospital(at, expected):
    assert formats.stamp(at, ZH) == expected


def test_the_same_time_in_its_other_forms():
    assert formats.clock(AT, ZH) == "10:06"
    assert formats.moment(AT, ZH) == "2026-11-23 10:06"
    assert formats.day(date(2026, 11, 23), ZH) == "2026-11-23"
    assert formats.day(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), ZH) == "2026-11-23"
    assert formats.iso(AT, ZH) == "2026-11-23T02:06:00Z"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "0 秒", "0 seconds"),
        (1, "1 秒", "1 second"),
        (54 * 60, "54 分钟", "54 minutes"),
        (47 * 3600, "47 小时", "47 hours"),
        (3 * 86400, "3 天", "3 days"),
        (158 * 86400, "158 天", "158 days"),
        (3075 * 86400, "8 年 5 个月", "8 years 5 months"),
        (731 * 86400, "2 年", "2 years"),
    ],
)
def test_an_age_is_told_in_one_unit_and_in_years_and_months_from_two_years_on(seconds, zh, en):
    assert formats.age(seconds, ZH) == zh
    assert formats.age(seconds, EN) == en


def test_how_long_ago_is_counted_from_the_request():
    assert formats.since(AT - timedelta(minutes=54), EN) == "54 minutes"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1023, "1.0 kB"),
        (1024, "1.0 kB"),
        (10 * 1024, "10 kB"),
        (1.3 * 1024**4, "1.3 TB"),
        (221 * 1024**3, "221 GB"),
        (999.6 * 1024**3, "1.0 TB"),
        (2**70, "1048576 PB"),
    ],
)
def test_a_size_has_two_figures_or_is_whole(count, expected):
    assert formats.size(count) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 %"),
        (0.42, "0.4 %"),
        (5.0, "5 %"),
        (78.4, "78 %"),
        (99.5, "99.5 %"),
        (99.99, "99.9 %"),
        (100, "100 %"),
    ],
)
def test_what_is_not_quite_full_is_never_rounded_to_a_hundred(value, expected):
    assert formats.percent(value) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (18.2, "%", "18 %"),
        (1024, "B", "1.0 kB"),
        (1536, "B/s", "1.5 kB/s"),
        (0.05, "s", "50 ms"),
        (120, "s", "2 minutes"),
        (41.26, "°C", "41.3 °C"),
        (0.37, "", "0.37"),
        (1204, "rpm", "1,204 rpm"),
        (50, "h", "50 hours"),
        (1, "d", "1 day"),
        (19.5, "d", "19.5 days"),
    ],
)
def test_an_amount_is_written_after_its_unit(value, unit, expected):
    assert formats.amount(value, unit, EN) == expected


def test_what_is_not_known_reads_so_in_every_filter(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        for name in formats.FILTERS:
            assert app.jinja_env.filters[name](None) == "Unknown", name
        assert app.jinja_env.filters["amount"](None, "%") == "Unknown"


def test_a_filter_writes_in_the_language_of_the_request(app):
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert (
            app.jinja_env.from_string("{{ 180|age }} {{ 40|amount('%') }}").render()
            == "3 分钟 40 %"
        )
