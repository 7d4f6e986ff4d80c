"""A series as a drawing: where the line goes, and where nothing was measured."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itops.views.showing.charts import Limit, Series, drawn, limit_text, spark_path, state_of
from itops.views.showing.formats import Reader

EN = Reader("en", ZoneInfo("Asia/Shanghai"), datetime(2026, 11, 23, 2, 6, tzinfo=UTC))


def series(points, **given: Any) -> Series:
    filled: dict[str, Any] = {
        "name": "CPU",
        "unit": "%",
        "start": 0,
        "end": 100,
        "step_seconds": 10,
    }
    return Series(**filled | {"points": points} | given)


def test_a_line_goes_from_point_to_point_in_a_box_of_a_hundred():
    drawing = drawn(series([(0, 0), (10, 50), (20, 100)], end=20), EN)
    assert drawing.paths == ("M0.0 100.0L50.0 50.0L100.0 0.0",)
    assert drawing.gaps == ()
    assert drawing.last == "100 %"
    assert drawing.values == ("100", "50", "0")


@pytest.mark.parametrize(
    "points",
    [
        [(0, 1), (10, 1), (50, 1), (60, 1)],
        [(0, 1), (10, 1), (20, None), (30, None), (40, None), (50, 1), (60, 1)],
    ],
)
def test_what_is_missing_is_a_gap_and_never_a_line(points):
    drawing = drawn(series(points, end=60), EN)
    assert len(drawing.paths) == 2
    assert [(gap.x, gap.width) for gap in drawing.gaps] == [(16.67, 66.66)]
    assert drawing.gaps[0].is_said


def test_one_late_report_is_no_gap():
    assert len(drawn(series([(0, 1), (20, 1), (40, 1)], end=40), EN).paths) == 1


def test_silence_before_and_after_is_a_gap_too():
    drawing = drawn(series([(40, 1), (50, 1)]), EN)
    assert [(gap.x, gap.width) for gap in drawing.gaps] == [(0, 40), (50, 50)]


def test_nothing_at_all_is_one_gap_and_an_unknown():
    drawing = drawn(series([]), EN)
    assert [(gap.x, gap.width) for gap in drawing.gaps] == [(0, 100)]
    assert (drawing.last, drawing.state) == ("Unknown", "")
    assert "Nothing was measured" in drawing.label
    assert {row.mean for row in drawing.rows} == {"Unknown"}


def test_a_lone_point_can_be_seen():
    assert drawn(series([(50, 40)]), EN).paths == ("M50.0 60.0h.5",)


def test_a_limit_is_a_line_with_its_word_and_value():
    limits = [Limit("critical", 95), Limit("warning", 85)]
    drawing = drawn(series([(90, 96)], limits=limits), EN)
    assert [(line.y, line.text) for line in drawing.limits] == [
        (5.0, "Critical 95 %"),
        (15.0, "Warning 85 %"),
    ]
    assert drawing.state == "critical"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (84, ""), (85, "warning"), (94.9, "warning"), (95, "critical")],
)
def test_a_value_has_the_state_of_the_highest_limit_it_reached(value, expected):
    assert state_of(value, [Limit("warning", 85), Limit("critical", 95)]) == expected


def test_the_table_tells_mean_lowest_and_highest_of_each_stretch():
    points = [(at, float(at)) for at in range(0, 240, 5)]
    rows = drawn(series(points, unit="", end=240, step_seconds=5), EN).rows
    assert len(rows) == 24
    assert (rows[0].mean, rows[0].low, rows[0].high) == ("2.5", "0", "5")
    assert rows[0].time == "01-01 08:00"


def test_the_axis_of_bytes_names_its_unit_and_no_other_does():
    assert drawn(series([(0, 900.0)], unit="B/s"), EN).values[0] == "1.0 kB/s"
    assert drawn(series([(0, 900.0)], unit="rpm"), EN).values[0] == "1,000"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.none() | st.floats(-1e12, 1e12)),
        unique_by=lambda point: point[0],
    ).map(sorted),
    st.sampled_from(["%", "B", "B/s", "°C", "rpm", "s", ""]),
)
def test_whatever_was_measured_is_drawn_inside_of_the_box(points, unit):
    drawing = drawn(series(points, unit=unit), EN)
    places = " ".join(drawing.paths).replace("h.5", "").replace("M", " ").replace("L", " ").split()
    assert all(0 <= float(place) <= 100 for place in places)
    assert all(gap.x >= 0 and gap.x + gap.width <= 100.01 for gap in drawing.gaps)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([None, None], ""),
        ([5], "M0.0 22.0"),
        ([1, 3, None, 2], "M0.0 22.0L33.3 2.0M100.0 12.0"),
    ],
)
def test_a_sparkline_breaks_where_nothing_is_known(values, expected):
    assert spark_path(values) == expected


def test_a_limit_of_time_is_written_exactly():
    assert limit_text(Limit("critical", 180_000), "s", EN) == "Critical 50 hours"
    assert limit_text(Limit("warning", 300), "s", EN) == "Warning 5 minutes"
