"""Dates that come round: they only grow, they are those of RFC 5545, and people can read them."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.errors import Invalid
from itops.i18n import LANGUAGES, say
from itops.services.maintenance.days import Now
from itops.services.maintenance.recurrence import (
    MonthDay,
    Recurrence,
    Unit,
    from_start,
    parse,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = st.builds(
    from_start,
    unit=st.sampled_from(Unit),
    start=st.dates(date(1985, 1, 1), date(2060, 12, 31)),
    every=st.integers(1, 24),
    weekdays=st.sets(st.integers(0, 6)).map(tuple),
    month_day=st.sampled_from(MonthDay),
)
STARTS = [
    date(2024, 2, 29),
    date(2026, 1, 31),
    date(1986, 5, 3),
    date(1991, 9, 15),
    date(2026, 12, 28),
]
#: The smallest and the most awkward of each unit.
EVERY = [
    (Unit.DAY, 1),
    (Unit.DAY, 14),
    (Unit.WORKDAY, 1),
    (Unit.WEEK, 1),
    (Unit.WEEK, 2),
    (Unit.MONTH, 1),
    (Unit.MONTH, 5),
    (Unit.YEAR, 1),
]


def dates(rule: Recurrence, start: date, many: int) -> list[date]:
    return list(islice(rule.dates(start), many))


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize(("unit", "every"), EVERY)
def test_the_next_due_date_is_always_later_over_10000_dates(unit, every, start):
    rule = from_start(unit, start, every=every)
    found = dates(rule, start, 10_000)
    assert all(later > earlier for earlier, later in pairwise(found))
    assert len(found) == 10_000 or found[-1].year > 9900 - every


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize(("unit", "every"), EVERY)
def test_counted_from_completion_the_next_date_is_later_too(unit, every, start):
    rule, on = from_start(unit, start, every=every), start
    for _ in range(2_000):
        following = rule.after_completion(on)
        assert following > on
        if following.year > 9000:
            break
        on = following


@given(rule=RULES, start=st.dates(date(1985, 1, 1), date(2060, 12, 31)))
def test_from_any_of_its_dates_on_a_rule_goes_on_alike(rule, start):
    """So the date that a plan's row holds is enough to go on from; nobody counts from the start."""
    found = dates(rule, start, 12)
    for at in range(0, len(found) - 1, 4):
        assert rule.after(found[at]) == found[at + 1]


@given(rule=RULES)
def test_a_rule_is_read_as_it_was_written(rule):
    assert parse(rule.rule) == rule


@given(rule=RULES)
def test_a_rule_is_said_in_words_of_both_languages(rule):
    for language in LANGUAGES:
        told = say(rule.words, language)
        assert "recurrence." not in told
        assert "{" not in told


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=HOURLY",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;UNTIL=20300101",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=1",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1",
        "RRULE:FREQ=DAILY",
        "freq=daily",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;X",
    ],
)
def test_every_other_rule_is_refused(rule):
    with pytest.raises(Invalid):
        parse(rule)


def test_the_31st_falls_on_the_last_day_of_shorter_months():
    rule = from_start(Unit.MONTH, date(2026, 1, 31))
    found = [on.day for on in dates(rule, date(2026, 1, 31), 12)]
    assert found == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_29_february_falls_on_the_28th_in_common_years():
    rule = from_start(Unit.YEAR, date(2024, 2, 29))
    found = [on.isoformat() for on in dates(rule, date(2024, 2, 29), 5)]
    assert found == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_two_weeks_are_14_days_across_week_53():
    rule = from_start(Unit.WEEK, date(2026, 12, 14), every=2)
    found = dates(rule, date(2026, 12, 14), 6)
    assert date(2026, 12, 28).isocalendar().week == 53
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(days=14)}


def test_a_fifth_monday_means_the_last_one():
    rule = from_start(Unit.MONTH, date(2026, 11, 30), month_day=MonthDay.SAME_WEEKDAY)
    assert say(rule.words, "en") == "every month on the last Monday"
    found = [on.isoformat() for on in dates(rule, date(2026, 11, 30), 3)]
    assert found == ["2026-11-30", "2026-12-28", "2027-01-25"]


def test_workdays_leave_out_the_weekend_and_five_chosen_days_are_told_as_days():
    rule = from_start(Unit.WORKDAY, date(2026, 11, 27))
    assert [on.day for on in dates(rule, date(2026, 11, 27), 3)] == [27, 30, 1]
    chosen = from_start(Unit.WEEK, date(2026, 11, 23), weekdays=(0, 1, 2, 3, 4))
    assert say(chosen.words, "zh_Hans") == "每周周一、周二、周三、周四、周五"
    assert say(rule.words, "zh_Hans") == "每个工作日（周一到周五）"


def test_the_day_in_the_hospital_only_grows_through_the_summer_times_of_1986_to_1991():
    """Clocks were put forward in April or May and back in September; no day came twice."""
    moment, last = datetime(1986, 4, 1, tzinfo=UTC), date(1986, 1, 1)
    seen = []
    while moment.year < 1992:
        today = Now(moment, SHANGHAI).today
        assert today >= last
        if today != last:
            seen.append(today)
        last, moment = today, moment + timedelta(minutes=30)
    assert len(seen) == len(set(seen)) == (seen[-1] - seen[0]).days + 1


def test_a_day_begins_and_ends_where_the_hospital_is_also_when_clocks_change():
    now = Now(datetime(1986, 5, 4, 3, tzinfo=UTC), SHANGHAI)
    assert (now.end_of(now.today) - now.start_of(now.today)).total_seconds() == 24 * 3600
    length = now.end_of(now.today).astimezone(UTC) - now.start_of(now.today).astimezone(UTC)
    assert length == timedelta(hours=23)
