"""When a disk will be full, and when nobody should say so."""

import pytest

from itops.checks.forecast import FEWEST_DAYS, full_in_days, line_through
from itops.i18n import LANGUAGES, catalogue


def grows(percent_a_day: float, *, start: float = 50.0, days: int = 30) -> list[tuple[int, float]]:
    return [(20_000 + day, start + percent_a_day * day) for day in range(days)]


def test_a_disk_that_grows_steadily_is_full_when_the_line_meets_the_top():
    forecast = full_in_days(grows(1.0))
    assert forecast.days == pytest.approx(21.0)
    assert forecast.percent_a_day == pytest.approx(1.0)
    assert forecast.reason is None


def test_a_clean_up_and_a_big_copy_do_not_turn_the_line():
    daily = grows(0.5)
    daily[7] = (daily[7][0], 12.0)
    daily[20] = (daily[20][0], 99.0)
    assert full_in_days(daily).days == pytest.approx(71.0, abs=1)


def test_noise_moves_the_day_by_little():
    daily = [(day, used + (day * 7 % 11 - 5) / 10) for day, used in grows(0.8)]
    assert full_in_days(daily).days == pytest.approx(33.5, abs=4)


def test_missing_days_are_skipped_and_old_ones_do_not_count():
    old = [(19_000 + day, 99.0 - day) for day in range(20)]
    assert full_in_days(old + grows(1.0)[::2]).days == pytest.approx(22.0)


@pytest.mark.parametrize(
    ("daily", "key"),
    [
        ([], "forecast.too_few_days"),
        (grows(1.0, days=FEWEST_DAYS - 1), "forecast.too_few_days"),
        (grows(-0.5), "forecast.shrinking"),
        (grows(0.0), "forecast.steady"),
        (grows(0.01), "forecast.beyond_a_year"),
    ],
)
def test_where_a_forecast_would_mislead_it_is_refused_with_the_reason(daily, key):
    forecast = full_in_days(daily)
    assert forecast.days is None
    assert forecast.reason is not None
    assert forecast.reason.key == key
    for language in LANGUAGES:
        assert key in catalogue(language).sentences


def test_a_disk_that_is_full_already_is_full_in_no_days():
    assert full_in_days(grows(2.0, start=60.0)).days == 0.0


def test_one_big_jump_on_the_last_day_counts_from_where_the_disk_is():
    daily = grows(1.0)
    daily[-1] = (daily[-1][0], 95.0)
    assert full_in_days(daily).days == pytest.approx(5.0, abs=0.5)


def test_the_line_of_a_line_is_that_line():
    assert line_through([(0, 1.0), (1, 3.0), (5, 11.0)]) == (2.0, 1.0)
