"""Duties: each one that is due is done once, whoever works, whatever breaks."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from itops import jobs
from itops.clock import utcnow
from itops.db import db
from itops.jobs.rounds import do_duty
from itops.jobs.worker import Worker
from itops.models import Duty, SignInFailure
from itops.services.auditing import Actor
from itops.services.background.duties import DUTIES
from itops.services.engine import duty_rows as duties
from itops.services.engine import ordering
from itops.services.engine.duty_rows import DutyKind
from itops.services.leases import LeaseLost
from tests import factories

DAY = timedelta(days=1)


def duty_row(name: str) -> Duty:
    db.session.rollback()
    return db.session.scalars(
        select(Duty).where(Duty.name == name).execution_options(populate_existing=True)
    ).one()


def note(at, text):
    db.session.add(SignInFailure(address=text, at=at))
    db.session.flush()


def notes() -> list[str]:
    return list(db.session.scalars(select(SignInFailure.address).order_by(SignInFailure.id)))


@pytest.mark.both_databases
def test_a_duty_is_done_when_it_is_due_and_comes_round(any_app):
    def work(at, settings):
        note(at, "done")
        yield

    kinds = {"sweep": DutyKind(DAY, work)}
    assert do_duty(Worker(any_app), kinds)
    assert do_duty(Worker(any_app), kinds)
    assert not do_duty(Worker(any_app), kinds)
    row = duty_row("sweep")
    assert notes() == ["done"]
    assert row.lease_until_at is None
    assert row.due_at > utcnow() + DAY - timedelta(minutes=1)
    assert row.last_seconds is not None


@pytest.mark.both_databases
def test_two_workers_by_mistake_do_each_of_many_duties_once(any_app, full):
    done: Counter[str] = Counter()
    lock = threading.Lock()

    def kind(name):
        def work(at, settings):
            with lock:
                done[name] += 1
            yield

        return DutyKind(DAY, work)

    kinds = {f"duty {number}": kind(f"duty {number}") for number in range(full(1000))}
    duties.plan(kinds, at=utcnow())
    db.session.commit()

    def work_all():
        with any_app.app_context():
            while do_duty(Worker(any_app), kinds):
                pass

    workers = [threading.Thread(target=work_all) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert done == Counter(kinds.keys())


@pytest.mark.both_databases
def test_what_a_killed_worker_left_is_done_once_its_lease_is_over(any_app):
    kinds = {"sweep": DutyKind(DAY, lambda at, settings: iter([None]))}
    duties.plan(kinds, at=utcnow())
    claimed = duties.claim("sweep", at=utcnow(), holder="killed")
    db.session.commit()
    assert claimed
    assert not do_duty(Worker(any_app), kinds)
    assert duties.claim("sweep", at=utcnow() + timedelta(minutes=2), holder="next")
    with pytest.raises(LeaseLost):
        duties.keep(claimed, at=utcnow())


@pytest.mark.both_databases
def test_who_lost_the_lease_commits_nothing(any_app):
    def work(at, settings):
        note(at, "mine")
        yield
        db.session.execute(update(Duty).values(held_by="another"))
        db.session.commit()
        note(at, "too late")
        yield

    kinds = {"sweep": DutyKind(DAY, work)}
    do_duty(Worker(any_app), kinds)
    assert do_duty(Worker(any_app), kinds)
    assert notes() == ["mine"]


def test_a_duty_that_fails_is_noted_and_tried_again_soon(any_app):
    def work(at, settings):
        note(at, "half")
        yield
        note(at, "lost")
        raise RuntimeError("the disk is gone")

    kinds = {"sweep": DutyKind(DAY, work)}
    do_duty(Worker(any_app), kinds)
    with pytest.raises(RuntimeError):
        do_duty(Worker(any_app), kinds)
    row = duty_row("sweep")
    assert "the disk is gone" in row.last_error
    assert row.due_at <= utcnow() + duties.AGAIN_AFTER
    assert notes() == ["half"]


def test_a_duty_is_put_down_when_the_worker_is_told_to_stop(any_app):
    stop = threading.Event()

    def work(at, settings):
        note(at, "first")
        stop.set()
        yield
        note(at, "second")
        yield

    kinds = {"sweep": DutyKind(DAY, work)}
    do_duty(Worker(any_app, stop), kinds)
    do_duty(Worker(any_app, stop), kinds)
    assert notes() == ["first"]
    row = duty_row("sweep")
    assert row.lease_until_at is None
    assert row.due_at <= utcnow()


def test_the_worker_starts_does_its_duties_and_stops_when_told(any_app):
    background = jobs.start_background(any_app)
    done = select(func.count()).select_from(Duty).where(Duty.last_done_at.is_not(None))
    while db.session.scalar(done) != len(DUTIES):
        db.session.rollback()
        assert not background.stop.wait(0.05)
    db.session.rollback()
    background.end()
    for thread in threading.enumerate():
        if thread.name in {"background", "duties", "short-jobs", "long-jobs", "settling"}:
            thread.join(10)
            assert not thread.is_alive()


def test_how_late_duties_are_is_a_figure_of_metrics(client):
    db.session.add(Duty(name="packing", due_at=utcnow() - timedelta(seconds=90), last_seconds=1.5))
    ordering.order("load", by=Actor(None, "tester"), at=utcnow())
    lines = client.get("/metrics").text.splitlines()
    [lag] = [line for line in lines if line.startswith("itops_duty_lag_seconds{")]
    assert 90 <= float(lag.split()[-1]) < 120
    assert 'itops_duty_last_seconds{duty="packing"} 1.5' in lines
    assert 'itops_jobs{state="waiting"} 1.0' in lines


def test_how_late_queues_are_and_what_waits_in_them_are_figures_of_metrics(client):
    for _ in range(2):
        factories.check(due_at=utcnow() - timedelta(seconds=90))
    db.session.commit()
    lines = dict(
        line.rsplit(" ", 1)
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("itops_queue")
    )
    assert 90 <= float(lines['itops_queue_lag_seconds{queue="checks"}']) < 120
    assert lines['itops_queue_waiting{queue="checks"}'] == "2.0"
    assert lines['itops_queue_working{queue="checks"}'] == "0.0"
