"""The figures of history are within their goals, on a small replay; the bench does a large one."""

import pytest

from tests.bench.history import measure


@pytest.mark.slow
def test_history_is_small_on_disk_and_its_reading_is_timed():
    figures = measure(hosts=4, days=3)
    assert figures["history_packed_bytes_per_sample"] <= 1.5
    assert figures["history_week_series_ms"] > 0
    assert figures["history_year_series_ms"] > 0
