"""From where to where a chart goes, and how its times are written."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from itops.views.showing.axes import grid_times, local, round_up, scale, time_labels

ZONE = ZoneInfo("Asia/Shanghai")


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        ("%", [3, 5], (0, 100)),
        ("°C", [41, 58], (30, 60)),
        ("°C", [], (10, 50)),
        ("B/s", [3_000_000], (0, 2**22)),
        ("rpm", [1204], (0, 2000)),
        ("", [0.37], (0, 0.5)),
        ("", [], (0, 1)),
        ("", [0, 0], (0, 1)),
    ],
)
def test_an_axis_stands_on_what_its_unit_means(unit, values, expected):
    assert scale(unit, values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        (0, 10, 1),
        (1, 10, 1),
        (1.2, 10, 2),
        (5, 10, 5),
        (6, 10, 10),
        (100, 10, 100),
        (1000, 1024, 1024),
    ],
)
def test_an_axis_ends_at_a_round_number(value, base, expected):
    assert round_up(value, base) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-23T09:00", "2026-11-23T10:30", ["09:00", "09:30", "10:00", "10:30"]),
        ("2026-11-22T10:00", "2026-11-23T10:00", ["11-22 10:00", "18:00", "02:00", "10:00"]),
        ("2026-11-16T00:00", "2026-11-22T00:00", ["11-16", "11-18", "11-20", "11-22"]),
        ("2025-12-01T00:00", "2026-12-01T00:00", ["2025-12", "2026-04", "2026-08", "2026-12"]),
    ],
)
def test_times_are_hours_then_days_then_months(start, end, expected):
    assert time_labels(epoch(start), epoch(end), ZONE) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-23T09:05", "2026-11-23T10:00", ["09:15", "09:30", "09:45"]),
        (
            "2026-11-22T10:06",
            "2026-11-23T10:06",
            ["12:00", "16:00", "20:00", "00:00", "04:00", "08:00"],
        ),
    ],
)
def test_grid_lines_stand_at_round_hours_of_the_hospital(start, end, expected):
    found = [local(at, ZONE).strftime("%H:%M") for at in grid_times(epoch(start), epoch(end), ZONE)]
    assert found == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-16T10:00", "2026-11-19T10:00", ["11-17", "11-18", "11-19"]),
        ("2026-01-15T10:00", "2026-04-15T10:00", ["02-01", "03-01", "04-01"]),
    ],
)
def test_grid_lines_of_longer_times_stand_at_midnights(start, end, expected):
    found = [local(at, ZONE) for at in grid_times(epoch(start), epoch(end), ZONE)]
    assert [at.strftime("%m-%d") for at in found] == expected
    assert {at.strftime("%H:%M") for at in found} == {"00:00"}
