"""Histories of checks are packed, rolled up, thinned and read as those of hosts."""

import struct
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itops.config import Settings
from itops.db import db
from itops.models import CheckBlock, CheckSample, HistoryBlock
from itops.services.background import retention
from itops.services.history.layouts import layout_for
from itops.services.history.reading import metrics_of_check, read_check
from tests import factories
from tests.services.history.conftest import NOON, pack_all

METRIC = "tcp.connect_seconds"
DAY = timedelta(days=1)


@pytest.fixture
def check(any_app):
    """A check with a figure every five minutes of a day."""
    made = factories.check()
    layout_id = layout_for(db.session.connection(), [METRIC])
    for number in range(288):
        at = NOON + timedelta(minutes=5 * number)
        db.session.add(
            CheckSample(
                check_id=made.id,
                at_ms=int(at.timestamp() * 1000),
                layout_id=layout_id,
                figures=struct.pack("<d", number / 1000),
            )
        )
    db.session.commit()
    return made


def rows(model) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


@pytest.mark.both_databases
def test_figures_read_the_same_before_and_after_they_are_packed(check):
    before = read_check(check.id, METRIC, NOON, NOON + DAY, 60)
    assert len(before.values) == 288
    assert pack_all(NOON + 3 * DAY) > 3
    assert rows(CheckSample) == 0
    assert rows(HistoryBlock) == 0
    after = read_check(check.id, METRIC, NOON, NOON + DAY, 60)
    assert after.times == before.times
    assert after.values == pytest.approx(before.values, abs=0.001)
    assert metrics_of_check(check.id) == [METRIC]
    hours = read_check(check.id, METRIC, NOON, NOON + DAY, 3600)
    assert hours.low[1] == pytest.approx(0.012, abs=0.001)
    assert hours.high[1] == pytest.approx(0.023, abs=0.001)


def test_old_blocks_go_by_the_same_settings(check):
    pack_all(NOON + 3 * DAY)
    assert rows(CheckBlock) > 0
    for _ in retention.thin_history(NOON + 400 * DAY, Settings()):
        db.session.commit()
    left = set(db.session.scalars(select(CheckBlock.step_seconds)))
    assert left == {3600}


def test_a_check_takes_its_history_along_when_it_is_deleted(check):
    pack_all(NOON + 3 * DAY)
    db.session.delete(check)
    db.session.commit()
    assert (rows(CheckBlock), rows(CheckSample)) == (0, 0)
