"""F10 and F11: workers that are killed, and more of them than there should be."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from itops import create_app, setting_texts
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db, reading
from itops.models import Duty, Job
from itops.services.auditing import Actor
from itops.services.background.duties import DUTIES
from itops.services.engine import duty_rows, ordering
from itops.services.upgrading import upgrade
from tests.components.server import Server
from tests.faults.chore_worker import POINTS
from tests.jobs.chores import Chore, Effect, make, rows
from tests.jobs.test_queues import all_done, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def begin(any_app, tmp_path):
    """Give a function that starts a worker on the chores; whatever runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(point: str = "never") -> subprocess.Popen[str]:
        url = any_app.config["SQLALCHEMY_DATABASE_URI"]
        words = ["-m", "tests.faults.chore_worker", str(tmp_path), url, point]
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def begun(*workers: subprocess.Popen[str]) -> Counter[int]:
    """Stop the workers; return how often each chore was begun."""
    counted: Counter[int] = Counter()
    for worker in workers:
        worker.terminate()
        printed, _ = worker.communicate(timeout=30)
        counted.update(int(line.split()[1]) for line in printed.splitlines())
    return counted


def effects() -> Counter[int]:
    """Return how many effects each chore had."""
    db.session.rollback()
    with reading():
        found = db.session.execute(select(Effect.chore_id, func.count()).group_by(Effect.chore_id))
        counted = Counter({row[0]: row[1] for row in found})
        db.session.rollback()
    return counted


def end_leases() -> None:
    """Let a minute pass, as far as the rows know."""
    lapsed = update(Chore).where(Chore.lease_until_at.is_not(None))
    db.session.execute(lapsed.values(lease_until_at=utcnow() - MINUTE))
    db.session.commit()


@pytest.mark.both_databases
@pytest.mark.parametrize("point", POINTS)
def test_f10_whenever_a_worker_is_killed_each_chore_has_one_effect(begin, full, point):
    make(full(200), due_at=utcnow() - MINUTE)
    dying = begin(point)
    assert dying.wait(60) == -9
    end_leases()
    successor = begin()
    wait_until(all_done, 60)
    begun(successor)
    assert {row.done for row in rows()} == {1}
    assert set(effects().values()) == {1}
    assert len(effects()) == full(200)


@pytest.mark.both_databases
def test_f11_two_schedulers_by_mistake_fire_each_of_a_thousand_once(begin, full):
    workers = [begin(), begin()]
    make(full(1000), due_at=utcnow())
    wait_until(all_done, 120)
    counted = begun(*workers)
    assert set(effects().values()) == {1}
    assert counted == Counter({row.id: 1 for row in rows()})


@pytest.mark.both_databases
def test_a_worker_that_is_told_to_stop_leaves_nothing_to_wait_for(begin, full):
    make(full(500), due_at=utcnow())
    first = begin()
    wait_until(lambda: any(row.done for row in rows()))
    counted = begun(first)
    assert [row for row in rows() if row.held_by] == []
    second = begin()
    wait_until(all_done, 60)
    counted.update(begun(second))
    assert set(counted.values()) == {1}


@pytest.fixture
def machines(postgresql_url, tmp_path):
    """Two machines with `itops worker` on one PostgreSQL."""
    made = []
    for name in ("east", "west"):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Server(folder, settings={"ITOPS_DATABASE_URL": postgresql_url}))
    yield made
    for machine in made:
        if machine.process:
            machine.process.kill()
            machine.process.communicate()


@pytest.fixture
def on_postgresql(postgresql_url, tmp_path):
    """An app on an empty, migrated PostgreSQL database."""
    url = setting_texts.database_url(postgresql_url)
    app = create_app(Settings(data_dir=tmp_path, database_url=url))
    with app.app_context():
        upgrade(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.postgresql
@pytest.mark.usefixtures("on_postgresql")
def test_workers_on_two_machines_share_the_work_and_begin_at_once(machines):
    duty_rows.plan(DUTIES, at=utcnow() - MINUTE)
    db.session.commit()
    for machine in machines:
        machine.process = machine.spawn("worker")
    done = select(func.count()).select_from(Duty).where(Duty.last_done_at.is_not(None))

    def count(statement):
        db.session.rollback()
        return db.session.scalar(statement)

    wait_until(lambda: count(done) == len(DUTIES), 60)
    job = ordering.order("demo_load", by=Actor(None, "tester"), at=utcnow())
    db.session.commit()
    began = select(Job.started_at).where(Job.id == job.id)
    wait_until(lambda: count(began) is not None, 10)
    delay = (count(began) - job.created_at).total_seconds()
    assert delay < 0.5, f"it began after {delay:.2f} s"
    holders = count(select(Job.held_by).where(Job.id == job.id))
    first = next(m for m in machines if f":{m.process.pid}:" in holders)
    first.process.kill()
    db.session.execute(update(Job).values(lease_until_at=utcnow() - MINUTE))
    db.session.commit()
    [second] = [machine for machine in machines if machine is not first]
    taken = select(Job.id).where(Job.held_by.contains(f":{second.process.pid}:"))
    wait_until(lambda: count(taken) is not None, 30)


def test_a_worker_of_its_own_is_refused_on_sqlite_and_says_why(server):
    code, printed = server.itops("worker")
    assert code == 1
    assert "ITOPS_DATABASE_URL must name a PostgreSQL database" in printed
