"""One series, whatever it is read from: gaps stay gaps, resolutions join, merges are seen."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from itops.db import db
from itops.models import HistoryBlock
from itops.services.history import reading
from itops.services.history.reading import metrics_of, read_series, resolution_for, with_gaps
from itops.services.history.store import Points
from itops.services.history.writing import Aggregates, write_block
from tests import factories
from tests.services.history.conftest import NOON, add_rows, pack_all

CPU = "cpu.percent"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
START = int(NOON.timestamp())


def points(times: list[int]) -> Points:
    return Points(times, [1.0] * len(times), [1.0] * len(times), [1.0] * len(times))


def test_silence_of_more_than_two_and_a_half_distances_is_a_gap(host):
    add_rows(host, NOON, {CPU: [1.0] * 10})
    add_rows(host, NOON + 11 * MINUTE, {CPU: [2.0] * 10})
    add_rows(host, NOON + 23 * MINUTE, {CPU: [3.0] * 10})
    series = read_series(host.id, CPU, NOON, NOON + HOUR)
    assert series.values == [1.0] * 10 + [2.0] * 10 + [None] + [3.0] * 10
    assert series.times[20] == START + 21 * 60
    assert series.times == sorted(series.times)


def test_a_host_that_reports_every_five_minutes_has_no_gaps(host):
    add_rows(host, NOON, {CPU: [1.0] * 30}, every_seconds=300)
    assert None not in read_series(host.id, CPU, NOON, NOON + DAY).values


def test_a_changed_interval_is_no_gap():
    times = [*range(0, 720 * 60, 60), *range(720 * 60, 720 * 60 + 360 * 300, 300)]
    assert None not in with_gaps(points(times), 60).values


@pytest.mark.parametrize(("times", "gaps"), [([0], 0), ([0, 300], 0), ([0, 86400], 1), ([], 0)])
def test_with_few_points_a_gap_is_still_told_apart(times, gaps):
    assert with_gaps(points(times), 60).values.count(None) == gaps


def test_an_outage_is_a_gap_at_every_resolution(host):
    add_rows(host, NOON, {CPU: [1.0] * 600})
    add_rows(host, NOON + DAY, {CPU: [1.0] * 600})
    pack_all(NOON + 3 * DAY)
    for step in (60, 300, 3600):
        assert read_series(host.id, CPU, NOON, NOON + 2 * DAY, step).values.count(None) == 1


@pytest.mark.parametrize(
    ("days", "step"), [(1, 60), (2, 60), (7, 300), (10, 300), (30, 3600), (366, 3600)]
)
def test_the_resolution_follows_from_the_span(days, step):
    assert resolution_for(days * 86400) == step


@pytest.mark.parametrize(
    ("asked", "given"), [(1, 60), (60, 60), (299, 60), (900, 300), (9e9, 3600)]
)
def test_a_step_that_is_asked_for_is_never_exceeded(asked, given):
    assert reading.at_most(asked) == given


@pytest.mark.both_databases
@pytest.mark.parametrize("step", [300, 3600])
def test_roll_ups_join_rows_that_are_not_packed_yet(host, step):
    values = [float(n % 7) for n in range(30 * 60)]
    add_rows(host, NOON, {CPU: values})
    before = read_series(host.id, CPU, NOON, NOON + 2 * DAY, step)
    assert pack_all(NOON + 30 * HOUR) > 0
    assert read_series(host.id, CPU, NOON, NOON + 2 * DAY, step) == before
    assert len(before.times) == 30 * 3600 // step
    assert (before.low[0], before.high[-1]) == (0.0, 6.0)


def test_where_samples_are_no_longer_kept_the_series_goes_on_with_coarser_ones(host):
    add_rows(host, NOON, {CPU: [5.0] * 36 * 60})
    pack_all(NOON + 3 * DAY)
    later = START + 12 * 3600
    for step, keep_from in ((60, later + 12 * 3600), (300, later)):
        db.session.execute(
            delete(HistoryBlock).where(
                HistoryBlock.step_seconds == step,
                HistoryBlock.start_seconds < keep_from - (21600 if step == 60 else 172800),
            )
        )
    db.session.execute(
        delete(HistoryBlock).where(
            HistoryBlock.step_seconds == 60, HistoryBlock.start_seconds < later
        )
    )
    db.session.commit()
    series = read_series(host.id, CPU, NOON, NOON + 36 * HOUR)
    assert series.step_seconds == 60
    assert series.times[0] == START
    assert series.times[1] - series.times[0] == 300
    assert series.times[-1] - series.times[-2] == 60
    assert None not in series.values


@pytest.mark.both_databases
def test_history_is_read_through_merged_identities(host):
    old, older = factories.host(), factories.host()
    older.merged_into_id = old.id
    old.merged_into_id = host.id
    add_rows(older, NOON - 2 * HOUR, {CPU: [1.0] * 60, "users.count": [0.0] * 60})
    add_rows(old, NOON - HOUR, {CPU: [2.0] * 60})
    pack_all(NOON + DAY)
    add_rows(host, NOON, {CPU: [3.0] * 60})
    series = read_series(host.id, CPU, NOON - 3 * HOUR, NOON + HOUR)
    assert series.values == [1.0] * 60 + [2.0] * 60 + [3.0] * 60
    assert read_series(old.id, CPU, NOON - 3 * HOUR, NOON + HOUR).values == series.values[:120]


@pytest.mark.both_databases
def test_metrics_come_in_the_order_of_the_catalogue(host):
    assert metrics_of(host.id) == []
    add_rows(
        host, NOON, {"disk.used_percent:/srv": [1.0], "disk.used_percent:/": [1.0], CPU: [1.0]}
    )
    pack_all(NOON + DAY)
    add_rows(host, NOON + DAY, {"gpu.percent": [1.0], "users.count": [1.0]})
    assert metrics_of(host.id) == [
        CPU,
        "disk.used_percent:/",
        "disk.used_percent:/srv",
        "users.count",
        "gpu.percent",
    ]


@pytest.mark.both_databases
def test_figures_written_in_bulk_are_read_like_any(host):
    write_block(host.id, 3600, START - 90 * 86400, {CPU: [20.0] * 24 * 90})
    low, mean, high = [10.0] * 24, [20.0] * 24, [30.0, *[40.0] * 23]
    write_block(host.id, 3600, START - 86400, {CPU: Aggregates(low, mean, high)})
    write_block(host.id, 60, START - 7200, {CPU: [25.0] * 120})
    db.session.commit()
    year = read_series(host.id, CPU, NOON - 365 * DAY, NOON)
    assert (len(year.times), year.step_seconds) == (24 * 90, 3600)
    assert year.high[-25:-21] == [20.0, 30.0, 40.0, 40.0]
    assert year.values[-3:] == [20.0, 25.0, 25.0]
    assert read_series(host.id, CPU, NOON - 2 * HOUR, NOON).values == [25.0] * 120
    assert None not in read_series(host.id, CPU, NOON - 6 * HOUR, NOON).values


def test_bulk_figures_that_can_not_be_are_refused(host):
    with pytest.raises(TypeError):
        write_block(host.id, 60, START, {CPU: Aggregates([1.0], [1.0], [1.0])})


class Remembered:
    """A HistoryStore in memory, to show that the seam is one."""

    def points(self, host_ids, metric, step_seconds, span):
        wanted = points(list(range(START, START + 3600, step_seconds)))
        return wanted.between(*span)

    def metrics(self, host_ids):
        return {"users.count", CPU}


def test_another_engine_can_stand_behind_the_seam(host):
    store = Remembered()
    series = read_series(host.id, CPU, NOON, NOON + HOUR, store=store)
    assert len(series.times) == 60
    assert metrics_of(host.id, store=store) == [CPU, "users.count"]
