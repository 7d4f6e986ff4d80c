"""Background work: each thing that is due is done once, whoever works, whatever breaks."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from itops import jobs
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message, Refused
from itops.i18n import LANGUAGES, catalogue
from itops.models import Duty, Job, JobState, SignInFailure
from itops.services import duties, long_jobs
from itops.services.duties import DUTIES, DutyKind
from itops.services.leases import LeaseLost

DAY = timedelta(days=1)
RUNNING = threading.Event()


def duty_row(name: str) -> Duty:
    db.session.rollback()
    return db.session.scalars(
        select(Duty).where(Duty.name == name).execution_options(populate_existing=True)
    ).one()


def job_row(job: Job) -> Job:
    db.session.rollback()
    return db.session.scalars(
        select(Job).where(Job.id == job.id).execution_options(populate_existing=True)
    ).one()


def ordered(kind: str) -> Job:
    job = long_jobs.order(kind, by="tester", at=utcnow())
    db.session.commit()
    return job


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
    assert jobs.do_duty(RUNNING, kinds)
    assert jobs.do_duty(RUNNING, kinds)
    assert not jobs.do_duty(RUNNING, kinds)
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
            while jobs.do_duty(RUNNING, kinds):
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
    claimed = duties.claim("sweep", at=utcnow())
    db.session.commit()
    assert claimed
    assert not jobs.do_duty(RUNNING, kinds)
    assert duties.claim("sweep", at=utcnow() + timedelta(minutes=2))
    with pytest.raises(LeaseLost):
        duties.keep(claimed, at=utcnow())


@pytest.mark.both_databases
def test_who_lost_the_lease_commits_nothing(any_app):
    def work(at, settings):
        note(at, "mine")
        yield
        db.session.execute(update(Duty).values(lease_until_at=at + DAY))
        db.session.commit()
        note(at, "too late")
        yield

    kinds = {"sweep": DutyKind(DAY, work)}
    jobs.do_duty(RUNNING, kinds)
    assert jobs.do_duty(RUNNING, kinds)
    assert notes() == ["mine"]


def test_a_duty_that_fails_is_noted_and_tried_again_soon(any_app):
    def work(at, settings):
        note(at, "half")
        yield
        note(at, "lost")
        raise RuntimeError("the disk is gone")

    kinds = {"sweep": DutyKind(DAY, work)}
    jobs.do_duty(RUNNING, kinds)
    with pytest.raises(RuntimeError):
        jobs.do_duty(RUNNING, kinds)
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
    jobs.do_duty(stop, kinds)
    jobs.do_duty(stop, kinds)
    assert notes() == ["first"]
    row = duty_row("sweep")
    assert row.lease_until_at is None
    assert row.due_at <= utcnow()


@pytest.mark.both_databases
def test_a_long_job_reports_its_progress_and_what_it_has_to_say(any_app):
    def load(job, progress):
        for number in range(job.done, 3):
            note(utcnow(), str(number))
            progress(number + 1, 3)
        return Message("job.state.done")

    job = ordered("load")
    assert jobs.do_long_job(RUNNING, {"load": load})
    row = job_row(job)
    assert (row.state, row.done, row.total) == (JobState.DONE, 3, 3)
    assert row.outcome == Message("job.state.done").as_json()
    assert notes() == ["0", "1", "2"]
    assert not jobs.do_long_job(RUNNING, {"load": load})


@pytest.mark.both_databases
def test_a_job_goes_on_where_its_worker_was_killed(any_app):
    def load(job, progress):
        for number in range(job.done, 4):
            note(utcnow(), str(number))
            if number == 2 and job.attempts == 1 and not job.params.get("again"):
                job.params["again"] = True
                raise SystemExit  # as a kill: nothing is tidied up
            progress(number + 1, 4)

    job = ordered("load")
    with pytest.raises(SystemExit):
        jobs.do_long_job(RUNNING, {"load": load})
    assert job_row(job).state is JobState.RUNNING
    assert not jobs.do_long_job(RUNNING, {"load": load})
    db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
    db.session.commit()
    assert jobs.do_long_job(RUNNING, {"load": load})
    assert job_row(job).state is JobState.DONE
    assert notes() == ["0", "1", "2", "3"]


@pytest.mark.both_databases
def test_two_workers_by_mistake_do_a_job_once(any_app):
    done = []

    def load(job, progress):
        done.append(job.id)
        progress(1, 1)

    for _ in range(20):
        long_jobs.order("load", by="tester", at=utcnow())
    db.session.commit()

    def work_all():
        with any_app.app_context():
            while jobs.do_long_job(RUNNING, {"load": load}):
                pass

    workers = [threading.Thread(target=work_all) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == sorted(set(done))
    assert len(done) == 20


def test_a_job_that_keeps_failing_without_progress_is_given_up(any_app):
    def load(job, progress):
        raise RuntimeError

    job = ordered("load")
    for _ in range(long_jobs.MOST_ATTEMPTS):
        with pytest.raises(RuntimeError):
            jobs.do_long_job(RUNNING, {"load": load})
        db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
        db.session.commit()
    assert jobs.do_long_job(RUNNING, {"load": load})
    row = job_row(job)
    assert row.state is JobState.FAILED
    assert row.outcome is not None
    assert row.outcome["key"] == "job.gave_up"


def test_a_job_that_is_refused_says_why(any_app):
    def load(job, progress):
        raise Refused("job.state.failed")

    job = ordered("load")
    jobs.do_long_job(RUNNING, {"load": load})
    row = job_row(job)
    assert (row.state, row.outcome) == (JobState.FAILED, Message("job.state.failed").as_json())


def test_a_job_is_put_down_when_the_worker_is_told_to_stop(any_app):
    stop = threading.Event()

    def load(job, progress):
        for number in range(job.done, 3):
            stop.set()
            progress(number + 1, 3)

    job = ordered("load")
    jobs.do_long_job(stop, {"load": load})
    row = job_row(job)
    assert (row.state, row.done, row.lease_until_at) == (JobState.WAITING, 1, None)
    for _ in range(2):
        jobs.do_long_job(stop, {"load": load})
    assert job_row(job).done == 3


def test_a_job_whose_kind_this_version_does_not_know_waits(any_app):
    job = ordered("from_the_future")
    assert not jobs.do_long_job(RUNNING, {})
    assert job_row(job).state is JobState.WAITING


def test_the_worker_starts_does_its_duties_and_stops_when_told(any_app):
    stop = jobs.start_background(any_app)
    done = select(func.count()).select_from(Duty).where(Duty.last_done_at.is_not(None))
    while db.session.scalar(done) != len(DUTIES):
        db.session.rollback()
        assert not stop.wait(0.05)
    db.session.rollback()
    stop.set()
    for thread in threading.enumerate():
        if thread.name in {"background", "long-jobs"}:
            thread.join(10)
            assert not thread.is_alive()


def test_how_late_duties_are_is_a_figure_of_metrics(client):
    db.session.add(Duty(name="packing", due_at=utcnow() - timedelta(seconds=90), last_seconds=1.5))
    long_jobs.order("load", by="tester", at=utcnow())
    lines = client.get("/metrics").text.splitlines()
    [lag] = [line for line in lines if line.startswith("itops_duty_lag_seconds{")]
    assert 90 <= float(lag.split()[-1]) < 120
    assert 'itops_duty_last_seconds{duty="packing"} 1.5' in lines
    assert 'itops_jobs{state="waiting"} 1.0' in lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_duty_and_kind_of_job_has_a_name_for_people(language):
    keys = [f"duty.{name}" for name in DUTIES] + [f"job.kind.{name}" for name in long_jobs.KINDS]
    keys += [f"job.state.{state.value}" for state in JobState]
    assert [key for key in keys if key not in catalogue(language).sentences] == []
