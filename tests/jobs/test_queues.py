"""Queues of due rows: each row is worked on once when it is due, whoever works, whatever breaks."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from itops.clock import utcnow
from itops.db import db
from itops.jobs.looking import Looking
from itops.jobs.worker import Worker
from itops.services.engine import due_rows, waking
from tests.jobs.chores import DAY, Chore, Chores, make, rows

MINUTE = timedelta(minutes=1)
HOLDER = "a worker that was killed"


@contextmanager
def working(app, *queues, looks: int = 1, **given: Any):
    """Let engines work on the queues, as two workers by mistake do; stop them at the end."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=Looking(Worker(app, stop, **given), queues).run)
        for _ in range(looks)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        waking.ring()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if is_so():
            return
        pause.wait(0.02)
    pytest.fail("it did not happen")


def all_done() -> bool:
    return all(row.done for row in rows())


@pytest.mark.both_databases
def test_what_is_due_is_done_and_is_due_again_when_its_queue_says(any_app):
    chores = Chores()
    make(3, due_at=utcnow())
    with working(any_app, chores.queue):
        wait_until(all_done)
    for row in rows():
        assert (row.done, row.note, row.starts) == (1, f"did {row.id}", 0)
        assert (row.lease_until_at, row.held_by) == (None, None)
        assert row.due_at is not None
        assert row.due_at > utcnow() + DAY - MINUTE


def test_what_is_not_due_or_never_is_left_alone(any_app):
    chores = Chores()
    make(1, due_at=utcnow())
    make(1, due_at=utcnow() + MINUTE)
    make(1, due_at=None)
    with working(any_app, chores.queue):
        wait_until(lambda: rows()[0].done == 1)
    assert [row.done for row in rows()] == [1, 0, 0]


@pytest.mark.both_databases
def test_f11_two_schedulers_by_mistake_fire_each_of_a_thousand_once(any_app, full):
    chores = Chores()
    make(full(1000), due_at=utcnow())
    with working(any_app, chores.queue, looks=2):
        wait_until(all_done, 120)
    assert {row.done for row in rows()} == {1}
    assert set(chores.begun.values()) == {1}


def test_results_are_written_in_groups(any_app):
    chores = Chores()
    make(200, due_at=utcnow())
    with working(any_app, chores.queue):
        wait_until(all_done)
    assert sum(chores.groups) == 200
    assert len(chores.groups) < 40


@pytest.mark.both_databases
def test_what_a_killed_worker_left_is_begun_again_once_its_lease_is_over(any_app):
    seen: list[due_rows.Claimed] = []

    def load(found, at):
        seen.extend(found)
        return {row.id: row.id for row in found}

    chores = Chores(load=load)
    make(1, due_at=utcnow())
    [claimed] = due_rows.claim(chores.queue, at=utcnow(), limit=9, holder=HOLDER)
    db.session.commit()
    assert not claimed.was_interrupted
    with working(any_app, chores.queue):
        assert due_rows.standing(chores.queue, at=utcnow()).working == 1
        assert rows()[0].done == 0
        db.session.execute(update(Chore).values(lease_until_at=utcnow() - MINUTE))
        db.session.commit()
        wait_until(all_done)
    assert [row.was_interrupted for row in seen] == [True]
    assert rows()[0].done == 1


@pytest.mark.both_databases
def test_who_lost_its_lease_writes_nothing(any_app):
    chores = Chores()
    make(2, due_at=utcnow())
    mine = due_rows.claim(chores.queue, at=utcnow(), limit=9, holder=HOLDER)
    db.session.commit()
    later = utcnow() + 2 * MINUTE
    theirs = due_rows.claim(chores.queue, at=later, limit=1, holder="another")
    db.session.commit()
    done = [due_rows.Done(row, row.id, result="late") for row in mine]
    assert due_rows.settle(chores.queue, done, at=later, holder=HOLDER) == 1
    db.session.commit()
    assert [row.note for row in rows() if row.id == theirs[0].id] == [""]
    assert due_rows.keep(chores.queue, [row.id for row in mine], at=later, holder=HOLDER) == set()


def test_an_error_comes_to_the_queue_as_a_result(any_app):
    def break_down(task):
        raise RuntimeError("the cable is out")

    chores = Chores(carry_out=break_down)
    make(1, due_at=utcnow())
    with working(any_app, chores.queue):
        wait_until(all_done)
    assert rows()[0].note == "RuntimeError('the cable is out')"


def test_one_result_that_cannot_be_written_costs_the_others_nothing(any_app):
    def settle(done, at):
        if any(each.row.id == 2 for each in done):
            raise RuntimeError("no such thing")
        chores.settle(done, at)

    chores = Chores()
    bad = Chores(settle=settle)
    make(5, due_at=utcnow())
    with working(any_app, bad.queue):
        wait_until(lambda: sum(row.done for row in rows()) == 4 and rows()[1].held_by is None)
    second = rows()[1]
    assert (second.done, second.starts) == (0, 1)
    assert second.due_at is not None
    assert second.due_at > utcnow()


def test_work_that_kills_its_worker_again_and_again_is_not_begun_again(any_app):
    chores = Chores()
    make(1, due_at=utcnow())
    for number in range(due_rows.MOST_ATTEMPTS):
        at = utcnow() + number * 2 * MINUTE - DAY
        db.session.execute(update(Chore).values(due_at=at))
        due_rows.claim(chores.queue, at=at, limit=1, holder=HOLDER)
        db.session.commit()
    with working(any_app, chores.queue):
        wait_until(all_done)
    assert "InterruptedTooOften" in rows()[0].note
    assert not chores.begun


def test_a_row_with_nothing_to_do_is_due_no_more(any_app):
    chores = Chores(load=lambda found, at: {})
    make(1, due_at=utcnow())
    with working(any_app, chores.queue):
        wait_until(lambda: rows()[0].due_at is None)
    assert (rows()[0].done, rows()[0].held_by) == (0, None)


def test_a_queue_that_fails_holds_up_no_other(any_app):
    def break_down(found, at):
        raise RuntimeError("a bug")

    make(1, due_at=utcnow())
    good, bad = Chores(), Chores(load=break_down)
    with working(any_app, bad.queue, good.queue):
        wait_until(all_done)
    assert rows()[0].done == 1


def test_work_that_takes_too_long_is_freed_and_its_late_result_thrown_away(any_app):
    may_end = threading.Event()

    def hang(task):
        if chores.carry_out(task) and chores.begun[task] == 1:
            may_end.wait(30)
            return "late"
        return "in time"

    chores = Chores(carry_out=hang, most_seconds=0.2, threads=2)
    make(1, due_at=utcnow())
    with working(any_app, chores.queue, heartbeat_seconds=0.05):
        wait_until(lambda: chores.begun[1] == 1)
        threading.Event().wait(0.5)
        db.session.execute(update(Chore).values(lease_until_at=utcnow() - MINUTE))
        db.session.commit()
        wait_until(all_done)
        may_end.set()
    assert (rows()[0].done, rows()[0].note) == (1, "in time")


def test_what_was_not_begun_when_the_worker_stops_is_given_back(any_app):
    began, may_end = threading.Event(), threading.Event()

    def wait(task):
        began.set()
        may_end.wait(30)
        return "done"

    chores = Chores(carry_out=wait, threads=1)
    make(3, due_at=utcnow())
    with working(any_app, chores.queue):
        assert began.wait(10)
        threading.Timer(0.2, may_end.set).start()
    assert sorted((row.done, row.starts, row.held_by) for row in rows()) == [
        (0, 0, None),
        (0, 0, None),
        (1, 0, None),
    ]


@pytest.mark.both_databases
def test_how_a_queue_stands(any_app):
    chores = Chores()
    at = utcnow()
    make(3, due_at=at - MINUTE)
    due_rows.claim(chores.queue, at=at, limit=1, holder=HOLDER)
    standing = due_rows.standing(chores.queue, at=at)
    assert (standing.waiting, standing.working, standing.lag_seconds) == (2, 1, 60.0)
