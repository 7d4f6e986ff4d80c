"""F13 and F14: a clock that is set back or forth fires nothing twice and stops nothing for ever."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, update

from itops.clock import utcnow
from itops.db import db
from itops.jobs.clocks import DatabaseClock
from itops.jobs.rounds import do_duty
from itops.jobs.worker import Worker
from itops.models import Duty
from itops.services.engine import due_rows, duty_rows
from itops.services.engine.duty_rows import DutyKind
from itops.services.leases import LeaseLost
from tests.jobs.chores import DAY, Chore, Chores, make, rows
from tests.jobs.test_queues import MINUTE, wait_until, working

HOUR = timedelta(hours=1)
NEVER = datetime.max.replace(tzinfo=UTC)


class SetClock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utcnow() + self.ahead


@pytest.mark.both_databases
def test_a_clock_set_forth_frees_no_work_in_progress(any_app):
    clock, may_end = SetClock(), threading.Event()

    def wait(task):
        chores.carry_out(task)
        return "done" if may_end.wait(30) else "nobody let it end"

    chores = Chores(carry_out=wait)
    make(1, due_at=utcnow())
    with working(any_app, chores.queue, looks=2, clock=clock, heartbeat_seconds=1.5):
        wait_until(lambda: chores.begun[1] == 1)
        clock.ahead = 24 * HOUR
        lease = clock() + MINUTE / 2
        wait_until(lambda: (rows()[0].lease_until_at or lease) > lease)
        may_end.set()
        wait_until(lambda: rows()[0].done == 1)
    assert chores.begun[1] == 1


@pytest.mark.both_databases
def test_a_clock_set_back_stops_nothing_for_ever_and_fires_nothing_twice(any_app):
    clock = SetClock()
    clock.ahead = 365 * DAY

    def set_back(at):
        ahead = update(Chore).where(Chore.due_at > at + DAY)
        db.session.connection().execute(ahead.values(due_at=at + DAY))

    chores = Chores(set_back=set_back)
    make(3, due_at=utcnow() + 364 * DAY)
    with working(any_app, chores.queue, clock=clock, heartbeat_seconds=0.5):
        wait_until(lambda: all(row.done == 1 for row in rows()))
        clock.ahead = timedelta(0)
        wait_until(lambda: all((row.due_at or NEVER) < utcnow() + DAY + MINUTE for row in rows()))
        assert {row.done for row in rows()} == {1}
        clock.ahead = DAY + MINUTE
        wait_until(lambda: all(row.done == 2 for row in rows()))


@pytest.mark.both_databases
def test_a_lease_from_the_future_ends_soon_after_the_clock_is_set_back(any_app):
    chores = Chores()
    make(1, due_at=utcnow())
    due_rows.claim(chores.queue, at=utcnow() + 365 * DAY, limit=1, holder="killed")
    due_rows.set_back(chores.queue, at=utcnow())
    db.session.commit()
    lease = rows()[0].lease_until_at
    assert lease is not None
    assert lease <= utcnow() + MINUTE


@pytest.mark.both_databases
def test_duties_of_the_future_come_round_again_at_most_one_round_later(any_app):
    kinds = {"sweep": DutyKind(HOUR, lambda at, settings: iter([None]))}
    ahead = SetClock()
    ahead.ahead = 365 * DAY
    worker = Worker(any_app, clock=ahead)
    assert do_duty(worker, kinds)
    assert do_duty(worker, kinds)
    ahead.ahead = timedelta(0)
    duty_rows.set_back(kinds, at=ahead())
    db.session.commit()
    assert not do_duty(worker, kinds)
    ahead.ahead = HOUR + MINUTE
    assert do_duty(worker, kinds)
    assert not do_duty(worker, kinds)


@pytest.mark.both_databases
def test_who_lost_a_duty_to_another_of_the_same_moment_commits_nothing(any_app):
    """A clock that was set back can give two claims the same end of their lease."""
    kinds = {"sweep": DutyKind(HOUR, lambda at, settings: iter([None]))}
    at = utcnow()
    duty_rows.plan(kinds, at=at - HOUR)
    first = duty_rows.claim("sweep", at=at, holder="first")
    db.session.execute(update(Duty).values(lease_until_at=at - MINUTE))
    second = duty_rows.claim("sweep", at=at, holder="second")
    assert first
    assert second
    duty_rows.keep(second, at=at)
    with pytest.raises(LeaseLost):
        duty_rows.keep(first, at=at)


@pytest.mark.postgresql
def test_workers_of_one_database_go_by_its_clock(any_app, postgresql_url):
    engine = create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    first, second = DatabaseClock(engine), DatabaseClock(engine)
    assert abs((first() - second()).total_seconds()) < 1
    assert first().tzinfo is not None
    engine.dispose()
