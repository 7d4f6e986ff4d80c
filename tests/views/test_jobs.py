"""Background work on pages: how far a job has come, and what is late."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import Duty, Job, JobState, Role, User
from itops.services.auditing import Actor
from itops.services.engine import job_rows, ordering
from tests import factories

SOMEBODY = Actor(None, "Li Jianguo")


def ordered_by(role, **given):
    """Order a job as the one person with this role."""
    user = db.session.scalars(select(User).join(User.grants)).one()
    by = Actor(user.id, user.name)
    return ordering.order("demo_load", by=by, at=utcnow(), **given)


def test_who_ordered_a_job_sees_how_far_it_has_come(sign_in):
    browser = sign_in(Role.ENGINEER)
    job = ordered_by(Role.ENGINEER)
    claimed = job_rows.claim(job.id, at=utcnow(), holder="a worker")
    assert claimed
    job_rows.keep(claimed, 3, 12, Message("duty.packing"), at=utcnow())
    page = browser.get(f"/jobs/{job.id}").text
    assert "Loading the demo hospital" in page
    assert "3 of 12" in page
    assert 'width="25.0"' in page
    assert "Pack history" in page
    assert f'hx-get="/jobs/{job.id}" hx-select="#job-{job.id}"' in page
    assert 'hx-trigger="every 2s"' in page


def test_a_job_that_is_over_is_asked_for_no_more_and_draws_its_page_once_more(sign_in):
    browser = sign_in(Role.ENGINEER)
    job = ordered_by(Role.ENGINEER)
    claimed = job_rows.claim(job.id, at=utcnow(), holder="a worker")
    assert claimed
    job_rows.finish(claimed, Message("job.gave_up", {"n": 3}), at=utcnow())
    address = f"/jobs/{job.id}"
    page = browser.get(address).text
    assert "Given up after 3 attempts" in page
    assert "hx-get" not in page
    asked = browser.get(address, headers={"HX-Request": "true", "HX-Target": f"job-{job.id}"}).text
    assert 'hx-trigger="load"' in asked


def test_the_job_of_another_is_not_there(sign_in):
    job = ordering.order("demo_load", by=SOMEBODY, at=utcnow())
    assert sign_in(Role.ENGINEER).get(f"/jobs/{job.id}").status_code == 404


def test_who_looks_after_the_installation_sees_every_job(sign_in):
    job = ordering.order("demo_load", by=SOMEBODY, at=utcnow())
    assert "Li Jianguo" in sign_in(Role.HEAD).get(f"/jobs/{job.id}").text


def test_a_job_that_nobody_goes_on_with_is_called_stuck(sign_in):
    browser = sign_in(Role.HEAD)
    job = ordering.order("demo_load", by=SOMEBODY, at=utcnow() - timedelta(hours=1))
    assert "Nothing was heard of it" in browser.get(f"/jobs/{job.id}").text


def test_work_on_time_and_work_that_is_late(sign_in):
    browser = sign_in(Role.SYSTEM_ADMIN)
    db.session.add(Duty(name="packing", due_at=utcnow() + timedelta(minutes=1), last_seconds=1.5))
    ordering.order("demo_load", by=SOMEBODY, at=utcnow())
    page = browser.get("/jobs").text
    assert "All work is done on time" in page
    assert "Pack history" in page
    assert "1.5 s" in page
    assert "Loading the demo hospital" in page
    row = db.session.get(Duty, "packing")
    assert row
    row.due_at = utcnow() - timedelta(hours=2)
    row.last_error = "disk full"
    page = browser.get("/jobs").text
    assert "Pack history is late by 2 hours" in page
    assert "Last time: disk full" in page


def test_a_part_of_the_installation_is_not_enough(sign_in):
    assert sign_in(Role.HEAD, site=factories.site()).get("/jobs").status_code == 403


def test_before_the_first_worker_the_page_says_so(sign_in):
    page = sign_in(Role.HEAD).get("/jobs").text
    assert "no worker has started" in page
    assert "Nobody has ordered one yet" in page


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_of_a_job_has_words(sign_in, state):
    job = Job(kind="demo_load", state=state, created_at=utcnow(), created_by="Li Jianguo")
    db.session.add(job)
    db.session.flush()
    assert "job.state" not in sign_in(Role.HEAD).get(f"/jobs/{job.id}").text
