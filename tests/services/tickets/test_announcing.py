"""When a fault should be over: a moment that people type; longer texts are not looked at."""

import time
from datetime import UTC, datetime

import pytest

from itops.errors import Invalid
from itops.services.assets.importing import headers, places
from itops.services.tickets import announcing
from tests.services.maintenance.planned import ZONE

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_a_moment_is_a_time_of_day_or_a_day_and_a_time():
    def read(typed: str) -> datetime | None:
        return announcing.moment(typed, zone=ZONE, at=AT)

    assert read("15：30") == datetime(2026, 11, 23, 15, 30, tzinfo=ZONE)
    assert read("11:30") == datetime(2026, 11, 24, 11, 30, tzinfo=ZONE)
    assert read("2026年11月25日 08:00") == datetime(2026, 11, 25, 8, 0, tzinfo=ZONE)


def test_long_texts_are_refused_at_once():
    began = time.process_time()
    with pytest.raises(Invalid):
        announcing.moment("a" + " " * 500_000 + "!", zone=ZONE, at=AT)
    assert places.path_of("a" + " " * 100_000 + "b / c") == ("a" + " " * 100_000 + "b", "c")
    assert headers.plain("[" * 100_000) == ""
    assert time.process_time() - began < 2
