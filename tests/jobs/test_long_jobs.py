"""Long jobs: done once, with progress, gone on with after a kill."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from itops.clock import utcnow
from itops.db import db
from itops.errors import Message, Refused
from itops.i18n import LANGUAGES, catalogue
from itops.jobs.long_work import do_long_job, kinds_of
from itops.jobs.worker import Worker
from itops.models import Job, JobState, SignInFailure
from itops.services.auditing import Actor
from itops.services.background.duties import DUTIES
from itops.services.background.long_jobs import KINDS
from itops.services.background.queues import QUEUES
from itops.services.engine import job_rows as long_jobs
from itops.services.engine import ordering
from itops.services.engine.job_rows import JobKind, Lane

DAY = timedelta(days=1)
TESTER = Actor(None, "tester")


def job_row(job: Job) -> Job:
    db.session.rollback()
    return db.session.scalars(
        select(Job).where(Job.id == job.id).execution_options(populate_existing=True)
    ).one()


def ordered(kind: str) -> Job:
    job = ordering.order(kind, by=TESTER, at=utcnow())
    db.session.commit()
    return job


def note(at, text):
    db.session.add(SignInFailure(address=text, at=at))
    db.session.flush()


def notes() -> list[str]:
    return list(db.session.scalars(select(SignInFailure.address).order_by(SignInFailure.id)))


@pytest.mark.both_databases
def test_a_long_job_reports_its_progress_and_what_it_has_to_say(any_app):
    def load(job, progress):
        for number in range(job.done, 3):
            note(utcnow(), str(number))
            progress(number + 1, 3)
        return Message("job.state.done")

    job = ordered("load")
    assert do_long_job(Worker(any_app), {"load": JobKind(load)})
    row = job_row(job)
    assert (row.state, row.done, row.total) == (JobState.DONE, 3, 3)
    assert row.outcome == Message("job.state.done").as_json()
    assert notes() == ["0", "1", "2"]
    assert not do_long_job(Worker(any_app), {"load": JobKind(load)})


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
        do_long_job(Worker(any_app), {"load": JobKind(load)})
    assert job_row(job).state is JobState.RUNNING
    assert not do_long_job(Worker(any_app), {"load": JobKind(load)})
    db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
    db.session.commit()
    assert do_long_job(Worker(any_app), {"load": JobKind(load)})
    assert job_row(job).state is JobState.DONE
    assert notes() == ["0", "1", "2", "3"]


@pytest.mark.both_databases
def test_two_workers_by_mistake_do_a_job_once(any_app):
    done = []

    def load(job, progress):
        done.append(job.id)
        progress(1, 1)

    for _ in range(20):
        ordering.order("load", by=TESTER, at=utcnow())
    db.session.commit()

    def work_all():
        with any_app.app_context():
            while do_long_job(Worker(any_app), {"load": JobKind(load)}):
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
            do_long_job(Worker(any_app), {"load": JobKind(load)})
        db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
        db.session.commit()
    assert do_long_job(Worker(any_app), {"load": JobKind(load)})
    row = job_row(job)
    assert row.state is JobState.FAILED
    assert row.outcome is not None
    assert row.outcome["key"] == "job.gave_up"


def test_a_job_that_is_refused_says_why(any_app):
    def load(job, progress):
        raise Refused("job.state.failed")

    job = ordered("load")
    do_long_job(Worker(any_app), {"load": JobKind(load)})
    row = job_row(job)
    assert (row.state, row.outcome) == (JobState.FAILED, Message("job.state.failed").as_json())


def test_a_job_is_put_down_when_the_worker_is_told_to_stop(any_app):
    stop = threading.Event()

    def load(job, progress):
        for number in range(job.done, 3):
            stop.set()
            progress(number + 1, 3)

    job = ordered("load")
    do_long_job(Worker(any_app, stop), {"load": JobKind(load)})
    row = job_row(job)
    assert (row.state, row.done, row.lease_until_at) == (JobState.WAITING, 1, None)
    for _ in range(2):
        do_long_job(Worker(any_app, stop), {"load": JobKind(load)})
    assert job_row(job).done == 3


def test_a_job_whose_kind_this_version_does_not_know_waits(any_app):
    job = ordered("from_the_future")
    assert not do_long_job(Worker(any_app), {})
    assert job_row(job).state is JobState.WAITING


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_duty_has_a_name_for_people(language):
    keys = [f"duty.{name}" for name in DUTIES]
    assert [key for key in keys if key not in catalogue(language).sentences] == []


@pytest.mark.both_databases
def test_a_job_of_hours_holds_up_no_short_one(any_app):
    kinds = {
        "restore": JobKind(lambda job, progress: None, lane=Lane.LONG),
        "export": JobKind(lambda job, progress: None),
    }
    ordered("restore")
    export = ordered("export")
    assert do_long_job(Worker(any_app), kinds, kinds_of(Lane.SHORT, kinds))
    assert job_row(export).state is JobState.DONE
    assert not do_long_job(Worker(any_app), kinds, kinds_of(Lane.SHORT, kinds))
    assert do_long_job(Worker(any_app), kinds, kinds_of(Lane.LONG, kinds))


@pytest.mark.both_databases
def test_a_job_that_takes_long_over_one_piece_is_kept(any_app):
    worker = Worker(any_app)

    def load(job, progress):
        db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
        db.session.commit()
        worker.keep_all(utcnow())
        assert not do_long_job(Worker(any_app), {"load": JobKind(load)})

    job = ordered("load")
    assert do_long_job(worker, {"load": JobKind(load)})
    assert job_row(job).state is JobState.DONE


def test_a_job_that_hangs_is_kept_no_longer(any_app):
    worker = Worker(any_app)
    kind = JobKind(lambda job, progress: None, most_silent=timedelta(0))

    def load(job, progress):
        db.session.execute(update(Job).values(lease_until_at=utcnow() - DAY))
        db.session.commit()
        worker.keep_all(utcnow())
        assert do_long_job(Worker(any_app), {"load": kind})

    job = ordered("load")
    do_long_job(worker, {"load": JobKind(load, most_silent=timedelta(0))})
    assert job_row(job).state is JobState.DONE
    assert job_row(job).attempts == 2


@pytest.mark.both_databases
def test_three_impatient_clicks_are_one_job(any_app):
    made = [
        ordering.order_once("load", subject="backup_job:4", by=TESTER, at=utcnow())
        for _ in range(3)
    ]
    db.session.commit()
    assert len({job.id for job in made}) == 1
    assert do_long_job(Worker(any_app), {"load": JobKind(lambda job, progress: None)})
    later = ordering.order_once("load", subject="backup_job:4", by=TESTER, at=utcnow())
    assert later.id != made[0].id
    assert ordering.latest("load", "backup_job:4") is later


@pytest.mark.both_databases
def test_two_who_ask_at_the_same_moment_get_the_same_job(any_app):
    asked, ids = threading.Barrier(2), []

    def ask():
        with any_app.app_context():
            asked.wait(10)
            ids.append(ordering.order_once("load", subject="check:7", by=TESTER, at=utcnow()).id)
            db.session.commit()

    people = [threading.Thread(target=ask) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_job_and_every_queue_has_a_name_for_people(language):
    keys = [*(f"job.kind.{name}" for name in KINDS), *(f"queue.{name}" for name in QUEUES)]
    assert [key for key in keys if key not in catalogue(language).sentences] == []
