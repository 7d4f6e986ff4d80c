"""Freshness, size and assertions: pure steps from what was read to a finding."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.checks.backups import assertions, freshness, size
from itops.checks.backups.assertions import Answer, Assertion
from itops.checks.backups.freshness import Rhythm, Seen
from itops.checks.base import State
from itops.errors import Invalid

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAILY = Rhythm(timedelta(days=1), timedelta(hours=1), timedelta(days=1))


@pytest.mark.parametrize(
    ("hours", "state"), [(2, State.OK), (24.9, State.OK), (25.1, State.CRITICAL)]
)
def test_age_against_a_promise_of_a_day(hours, state):
    seen = Seen(NOON - timedelta(hours=hours))
    assert freshness.evaluate(seen, DAILY, at=NOON).state is state


def test_without_a_promise_late_is_amber_before_it_is_red():
    rhythm = Rhythm(timedelta(days=1), timedelta(hours=1))
    states = [
        freshness.evaluate(Seen(NOON - timedelta(hours=hours)), rhythm, at=NOON).state
        for hours in (20, 30, 50)
    ]
    assert states == [State.OK, State.WARNING, State.CRITICAL]


def test_nothing_seen_is_unknown_and_a_touched_old_file_is_red():
    assert freshness.evaluate(None, DAILY, at=NOON).state is State.UNKNOWN
    touched = Seen(NOON, same_as_at=NOON - timedelta(days=3))
    assert freshness.evaluate(touched, DAILY, at=NOON).state is State.CRITICAL
    assert freshness.evaluate(Seen(NOON, has_failed=True), DAILY, at=NOON).state is State.CRITICAL
    future = Seen(NOON + timedelta(days=2))
    assert freshness.evaluate(future, DAILY, at=NOON).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("bytes_", "state"),
    [
        (0, State.CRITICAL),
        (400, State.CRITICAL),
        (700, State.WARNING),
        (1000, State.OK),
        (1600, State.WARNING),
        (None, State.UNKNOWN),
    ],
)
def test_a_size_against_the_usual_one(bytes_, state):
    assert size.evaluate(bytes_, [1000, 990, 1010, 1005]).state is state


def test_there_is_no_band_before_three_good_runs():
    assert size.evaluate(5, [1000, 1000]).message.key == "backup.size.no_band"
    assert size.band([1000, 1000]) is None


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("results >= 100,000", Assertion("results", least=100_000)),
        ("lab.results ≥ 5 行", Assertion("lab.results", least=5)),
        ("检验结果 至少 10", Assertion("检验结果", least=10)),
        (
            "results.reported_at within 24h",
            Assertion("results", column="reported_at", minutes=1440),
        ),
        ("lab.results.at 2天内", Assertion("lab.results", column="at", minutes=2880)),
    ],
)
def test_assertions_are_read_as_people_write_them(line, read):
    assert assertions.parse(line) == (read,)


@pytest.mark.parametrize(
    "line",
    ["DROP TABLE results", "results; SELECT 1 >= 3", "results >= -1", 'a"b >= 1', "a.b.c.d >= 1"],
)
def test_nothing_else_is_an_assertion_and_the_line_is_named(line):
    with pytest.raises(Invalid) as error:
        assertions.parse(f"results >= 1\n{line}")
    assert error.value.fields[0].message.params["n"] == 2


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail_otherwise(text):
    try:
        found = assertions.parse(text)
    except Invalid:
        return
    assert assertions.parse("\n".join(one.text for one in found)) == found


def test_answers_are_graded():
    rows, newest = assertions.parse("results >= 10\nresults.at within 60m")
    assert assertions.grade(Answer(rows, rows=10), made_at=NOON).state is State.OK
    assert assertions.grade(Answer(rows, rows=9), made_at=NOON).state is State.CRITICAL
    assert assertions.grade(Answer(rows, error="no"), made_at=NOON).state is State.CRITICAL
    fresh = Answer(newest, newest=NOON - timedelta(minutes=59))
    assert assertions.grade(fresh, made_at=NOON).state is State.OK
    assert assertions.grade(Answer(newest), made_at=NOON).state is State.CRITICAL


def test_rows_that_were_lost_since_the_last_test_are_told():
    former = {"public.results": 1000, "public.few": 10}
    assert assertions.compare({"public.results": 950, "public.few": 1}, former) == []
    assert assertions.compare({"public.results": 850}, former)[0].state is State.WARNING
    assert assertions.compare({"public.results": 500}, former)[0].state is State.CRITICAL
