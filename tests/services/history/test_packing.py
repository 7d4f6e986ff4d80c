"""Rows become blocks and roll-ups: nothing lost, nothing twice, however late it came."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from itops.db import db
from itops.models import HealthSample, HistoryBlock
from itops.services.history import packing
from itops.services.history.blocks import Place
from itops.services.history.reading import read_series
from itops.services.history.windows import SAMPLES
from tests import factories
from tests.services.history.conftest import NOON, add_rows, pack_all

pytestmark = pytest.mark.both_databases
CPU = "cpu.percent"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(HealthSample)) or 0


def wave(count: int) -> list[float | None]:
    return [float(n % 90) for n in range(count)]


def test_packed_or_not_the_series_is_the_same(host):
    add_rows(host, NOON, {CPU: wave(24 * 60), "users.count": [None, 2.0] * 12 * 60})
    before = read_series(host.id, CPU, NOON, NOON + DAY)
    assert pack_all(NOON + 2 * DAY) == 5
    assert rows() == 0
    assert read_series(host.id, CPU, NOON, NOON + DAY) == before
    assert before.values == wave(24 * 60)
    people = read_series(host.id, "users.count", NOON, NOON + DAY)
    assert people.values == [None, 2.0] * 12 * 60


def test_only_windows_that_are_over_long_enough_are_packed(host):
    add_rows(host, NOON, {CPU: wave(24 * 60)})
    assert pack_all(NOON + DAY) == 3
    assert 6 * 60 <= rows() < 12 * 60
    assert read_series(host.id, CPU, NOON, NOON + DAY).values == wave(24 * 60)


def test_packing_again_finds_nothing_to_do(host):
    add_rows(host, NOON, {CPU: wave(600)})
    pack_all(NOON + 2 * DAY)
    stored = db.session.execute(select(HistoryBlock.data)).all()
    assert pack_all(NOON + 2 * DAY) == 0
    assert db.session.execute(select(HistoryBlock.data)).all() == stored


def test_late_rows_join_the_block_and_its_roll_ups(host):
    late = NOON + 90 * 60 * timedelta(seconds=1)
    add_rows(host, NOON, {CPU: wave(90)})
    add_rows(host, late + HOUR, {CPU: wave(90)})
    pack_all(NOON + 2 * DAY)
    add_rows(host, late, {CPU: [99.0] * 60, "users.count": [1.0] * 60})
    pack_all(NOON + 2 * DAY)
    whole = read_series(host.id, CPU, NOON, NOON + DAY)
    assert whole.values == wave(90) + [99.0] * 60 + wave(90)
    hours = read_series(host.id, CPU, NOON, NOON + DAY, 3600)
    assert hours.high[:4] == [59.0, 99.0, 99.0, 89.0]
    assert hours.low[:4] == [0.0, 60.0, 0.0, 30.0]


def test_a_month_of_late_reports_is_taken_window_by_window(host):
    add_rows(host, NOON - 10 * DAY, {CPU: wave(10 * 24 * 12)}, every_seconds=300)
    while pack_all(NOON + DAY):
        pass
    series = read_series(host.id, CPU, NOON - 10 * DAY, NOON, 60)
    assert series.values == wave(10 * 24 * 12)
    assert rows() == 0


def test_a_round_is_bounded_and_the_next_goes_on(host, any_app):
    add_rows(host, NOON - 10 * DAY, {CPU: wave(10 * 24 * 12)}, every_seconds=300)
    assert pack_all(NOON + DAY) == packing.MOST_WINDOWS_OF_ONE
    assert rows() > 0
    while pack_all(NOON + DAY):
        pass
    assert rows() == 0


def test_a_window_with_very_many_rows_is_packed_in_parts(host):
    add_rows(host, NOON - 6 * HOUR, {CPU: wave(packing.MOST_ROWS + 700)}, every_seconds=4)
    while pack_all(NOON + DAY):
        pass
    series = read_series(host.id, CPU, NOON - 7 * HOUR, NOON + DAY, 60)
    assert series.values == wave(packing.MOST_ROWS + 700)


def test_rows_of_the_same_second_are_all_kept(host):
    add_rows(host, NOON, {CPU: [1.0, 2.0, 3.0]}, every_seconds=0.25)
    pack_all(NOON + DAY)
    assert read_series(host.id, CPU, NOON, NOON + HOUR).values == [1.0, 2.0, 3.0]


def test_a_plan_that_was_overtaken_changes_nothing(host):
    add_rows(host, NOON, {CPU: wave(100)})
    place = Place(host.id, SAMPLES, SAMPLES.start_of(host.id, int(NOON.timestamp())))
    connection = db.session.connection()
    plan = packing.plan_window(connection, place)
    assert packing.carry_out(connection, plan)
    assert not packing.carry_out(connection, plan)
    stale = packing.Plan(plan.row_ids, packing.merge(connection, place, plan.changes[0].window))
    assert not packing.carry_out(connection, stale)
    db.session.commit()
    assert read_series(host.id, CPU, NOON, NOON + DAY).values == wave(100)


def test_roll_ups_are_of_what_was_measured_and_missing_figures_count_for_nothing(host):
    add_rows(host, NOON, {CPU: [10.0, None, 30.0, 20.0, None, *[None] * 5, 50.0]})
    pack_all(NOON + DAY)
    series = read_series(host.id, CPU, NOON, NOON + DAY, 300)
    assert series.values == [20.0, None, 50.0]
    assert series.low == [10.0, None, 50.0]
    assert series.high == [30.0, None, 50.0]


def test_what_comes_after_retention_fills_gaps_and_replaces_no_roll_up(host):
    add_rows(host, NOON, {CPU: [50.0] * 60})
    pack_all(NOON + DAY)
    db.session.execute(delete(HistoryBlock).where(HistoryBlock.step_seconds == 60))
    add_rows(host, NOON + 30 * timedelta(minutes=1), {CPU: [90.0] * 60})
    pack_all(NOON + DAY)
    series = read_series(host.id, CPU, NOON, NOON + 2 * HOUR, 300)
    assert series.values == [50.0] * 12 + [90.0] * 6


def test_hosts_are_packed_at_different_hours():
    starts = {
        SAMPLES.start_of(host_id, 1_788_523_200) % SAMPLES.window_seconds for host_id in range(6)
    }
    assert len(starts) == 6


def test_a_host_that_is_deleted_takes_its_history_along(host):
    other = factories.host()
    db.session.commit()
    add_rows(host, NOON, {CPU: wave(30)})
    add_rows(other, NOON, {CPU: wave(30)})
    pack_all(NOON + DAY)
    db.session.delete(host)
    db.session.commit()
    assert set(db.session.scalars(select(HistoryBlock.host_id))) == {other.id}
