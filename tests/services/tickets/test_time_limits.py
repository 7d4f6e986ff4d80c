"""Service hours and priorities: arithmetic over weekends, holidays, clock changes and pauses."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.models import Impact, Urgency
from itops.services.tickets.priorities import TABLE, impact_of_many
from itops.services.tickets.service_hours import AroundTheClock, ServiceHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
SPLIT = ((time(8), time(12)), (time(14), time(18)))
HOURS = ServiceHours(SHANGHAI, frozenset(range(5)), SPLIT, frozenset({date(2026, 10, 1)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23 09:00", 2, "2026-11-23 11:00"),
        ("2026-11-23 11:00", 2, "2026-11-23 15:00"),  # over lunch
        ("2026-11-23 17:00", 2, "2026-11-24 09:00"),  # over night
        ("2026-11-27 17:00", 2, "2026-11-30 09:00"),  # over the weekend
        ("2026-11-28 03:00", 1, "2026-11-30 09:00"),  # begun on a Saturday
        ("2026-09-30 17:00", 2, "2026-10-02 09:00"),  # over a day off
        ("2026-11-23 12:00", 4, "2026-11-23 18:00"),
        ("2026-11-23 08:00", 40, "2026-11-27 18:00"),
        ("2028-02-28 17:00", 2, "2028-02-29 09:00"),
        ("2026-12-31 17:00", 2, "2027-01-01 09:00"),
    ],
)
def test_a_time_limit_runs_in_service_hours_only(start, hours, end):
    assert HOURS.after(at(start), timedelta(hours=hours)) == at(end)
    assert HOURS.between(at(start), at(end)) == timedelta(hours=hours)


def test_a_day_on_which_the_clock_is_changed_has_the_hours_that_it_has():
    """China had summer time from 1986 to 1991; it began at two in the night."""
    whole_day = ServiceHours(SHANGHAI, frozenset(range(7)), ((time(0), time(6)),))
    before, after = at("1986-05-04 00:00"), at("1986-05-05 00:00")
    assert whole_day.between(before, after) == timedelta(hours=5)
    assert whole_day.after(before, timedelta(hours=5)) == at("1986-05-04 06:00")


def test_hours_without_an_hour_are_refused():
    for days, spans in ((frozenset(), SPLIT), (frozenset({0}), ())):
        with pytest.raises(ValueError, match="without an hour"):
            ServiceHours(SHANGHAI, days, spans)


MOMENTS = st.datetimes(datetime(1985, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(), timedelta(days=20))


@given(MOMENTS, LENGTHS)
def test_what_lies_between_a_start_and_its_limit_is_the_limit(start, length):
    for hours in (HOURS, AroundTheClock()):
        assert hours.between(start, hours.after(start, length)) == length


@given(MOMENTS, LENGTHS, LENGTHS)
def test_a_later_start_and_a_longer_limit_never_end_sooner(start, first, second):
    short, long = sorted((first, second))
    assert HOURS.after(start, short) <= HOURS.after(start, long)
    assert HOURS.after(start, short) <= HOURS.after(start + long, short)


def test_every_pair_of_impact_and_urgency_has_a_priority_and_worse_is_never_lower():
    assert set(TABLE) == {(impact, urgency) for impact in Impact for urgency in Urgency}
    for urgency in Urgency:
        column = [TABLE[impact, urgency] for impact in Impact]
        assert all(wide <= narrow for wide, narrow in pairwise(column))
    for impact in Impact:
        row = [TABLE[impact, urgency] for urgency in Urgency]
        assert all(soon <= late for soon, late in pairwise(row))


def test_more_people_widen_the_impact_and_never_narrow_it():
    widths = [impact_of_many(people, Impact.ONE) for people in (0, 1, 2, 5, 10, 500)]
    assert widths == ["one", "one", "several", "department", "hospital", "hospital"]
    assert impact_of_many(1, Impact.HOSPITAL) is Impact.HOSPITAL
