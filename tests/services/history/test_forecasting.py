"""A forecast from what history holds."""

from datetime import timedelta

import pytest

from itops.db import db
from itops.services.history.forecasting import disk_forecasts
from itops.services.history.writing import write_block
from tests.services.history.conftest import NOON

MIDNIGHT = int((NOON - timedelta(hours=12)).timestamp())


def test_a_disk_that_fills_by_one_percent_a_day_is_full_in_as_many_days_as_are_left(host):
    used = [60.0 + hour / 24 for hour in range(30 * 24)]
    write_block(host.id, 3600, MIDNIGHT - 30 * 86400, {"disk.used_percent:/": used})
    db.session.commit()
    forecast = disk_forecasts(host.id, ["/"], at=NOON)["/"]
    assert forecast.days == pytest.approx(10.5, abs=0.6)


def test_a_disk_without_history_has_no_forecast(host):
    forecast = disk_forecasts(host.id, ["/srv"], at=NOON)["/srv"]
    assert forecast.reason is not None
    assert forecast.reason.key == "forecast.too_few_days"
