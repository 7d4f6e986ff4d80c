"""Which copies are kept: close ones of today, one a day of two weeks, and always the newest."""

from datetime import timedelta
from pathlib import Path

from itops.services.archives import keeping
from itops.services.archives.keeping import Kept
from tests.conftest import NOON


def kept_after(days, *, every=timedelta(minutes=10)):
    """Return which copies are there after a run of days, thinned each time."""
    there, at = [], NOON
    while at <= NOON + timedelta(days=days):
        there.append(Kept(Path(), at, 1))
        gone = {one.made_at for one in keeping.too_many(there, at=at)}
        there = [one for one in there if one.made_at not in gone]
        at += every
    return [at - every - one.made_at for one in there]


def test_each_copy_of_two_hours_each_hour_of_a_day_each_day_of_two_weeks():
    ages = kept_after(20)
    assert len([age for age in ages if age <= keeping.ALL_FOR]) == 13
    hourly = [age for age in ages if keeping.ALL_FOR < age <= keeping.HOURLY_FOR]
    assert 22 <= len(hourly) <= 23
    daily = [age for age in ages if age > keeping.HOURLY_FOR]
    assert 13 <= len(daily) <= 14
    assert max(ages) > timedelta(days=13)


def test_the_newest_stays_however_old_it_is(tmp_path):
    old = tmp_path / keeping.name(NOON - timedelta(days=400))
    old.touch()
    (tmp_path / "notes.txt").touch()
    keeping.thin_out(tmp_path, at=NOON)
    assert old.exists()
    assert [one.path for one in keeping.listed(tmp_path)] == [old]
