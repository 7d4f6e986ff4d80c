"""The backup pages and heartbeats: what is shown, who may do what, what is refused."""

import re

import pytest
from sqlalchemy import select

from itops.checks.base import Finding, State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import AuditEntry, BackupJob, BackupRun, Job, Role, RunState, VerificationLevel
from itops.services.auditing import Actor
from itops.services.backups import judging, register, runs
from itops.services.backups.runs import Told
from tests import factories
from tests.queries import counted

ME = Actor(None, "张伟")


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


def stated(module, **given):
    return {"module_id": str(module.id), "name": "LIS 每晚导出", "seen_by": "heartbeat"} | given


def proven(job, **facts):
    at = utcnow()
    run = runs.hear(job, Told(RunState.DONE, 5_000_000), at=at)
    told = Message("backup.restore.ok", {"n": 3, "seconds": 41})
    finding = Finding("restore_test", State.OK, told)
    return judging.write(job, VerificationLevel.RESTORE_TEST, finding, run=run, at=at, facts=facts)


def test_a_job_is_registered_and_the_class_fills_what_is_empty(engineer):
    module = factories.module()
    given = stated(module, backup_class="2", assertions="results >= 10", rpo_minutes="1天")
    answer = engineer.post("/backups/new", data=given)
    job = db.session.scalars(select(BackupJob)).one()
    assert answer.location == f"/backups/{job.id}"
    assert (job.every_minutes, job.restore_test_days, job.rpo_minutes) == (4320, 180, 1440)
    assert job.assertions[0]["least"] == 10


def test_a_form_with_faults_names_each_and_keeps_what_was_typed(engineer):
    module = factories.module()
    given = stated(
        module,
        name="",
        seen_by="local",
        path="/etc/../x/*",
        assertions="DROP TABLE a",
        place="留着",
    )
    answer = engineer.post("/backups/new", data=given)
    assert answer.status_code == 400
    for sentence in ("This has to be filled in", "Write a whole path", "Line 1: write results"):
        assert sentence in answer.text
    assert "留着" in answer.text
    assert "DROP TABLE a" in answer.text


def test_only_folders_that_the_administrator_named_may_be_looked_into(engineer):
    given = stated(factories.module(), seen_by="local", path="/etc/*")
    answer = engineer.post("/backups/new", data=given)
    assert "not among those that the administrator named" in answer.text
    assert db.session.scalars(select(BackupJob)).all() == []


def test_the_page_says_in_one_sentence_whether_it_would_come_back(engineer):
    job = factories.backup()
    page = engineer.get(f"/backups/{job.id}").text
    assert "Nobody knows whether it would come back." in page
    proven(job, measured_rto_seconds=41.0, measured_rpo_seconds=600, steps={}, ran_as="postgres")
    db.session.commit()
    page = engineer.get(f"/backups/{job.id}").text
    assert re.search(r"It came back on \d{4}-\d\d-\d\d \d\d:\d\d, in", page)
    assert "Nobody knows" not in page


def test_the_record_of_a_test_shows_its_answers_and_figures(engineer):
    job = factories.backup(rto_minutes=1)
    answer = {"state": "ok", "message": Message("backup.restore.never").as_json()}
    record = proven(
        job,
        answers=[answer],
        rows={"public.results": 20000},
        uncounted=0,
        measured_rto_seconds=90.0,
        measured_rpo_seconds=600,
        steps={"restore": 60.0},
        ran_as="itops",
        is_own_account=False,
    )
    db.session.commit()
    page = engineer.get(f"/backups/{job.id}/records/{record.id}").text
    for words in ("public.results", "20,000", "beyond 1 minute", "the server's own account"):
        assert words in page.replace("&#39;", "'")


def test_the_list_puts_the_worst_first_and_names_modules_without_proof(engineer):
    fine, bad = factories.backup(name="好的"), factories.backup(name="坏的")
    fine.state, bad.state = State.OK, State.CRITICAL
    proven(fine)
    db.session.commit()
    page = engineer.get("/backups").text
    assert page.index("坏的") < page.index("好的")
    assert "1 module has no fresh backup that was restored in time" in page


def test_the_list_asks_the_same_number_of_queries_however_long_it_is(engineer):
    factories.backup()
    engineer.get("/backups")
    with counted() as few:
        engineer.get("/backups")
    for _ in range(15):
        proven(factories.backup())
    db.session.commit()
    with counted() as many:
        engineer.get("/backups")
    assert len(many) <= len(few)


def test_what_is_out_of_reach_does_not_exist(sign_in):
    ours, theirs = factories.backup(), factories.backup(name="别处")
    officer = sign_in(Role.SITE_OFFICER, site=ours.site)
    assert "别处" not in officer.get("/backups").text
    assert officer.get(f"/backups/{theirs.id}").status_code == 404


def test_a_restore_test_is_refused_where_none_may_be_made(engineer):
    job = factories.backup()
    db.session.commit()
    page = engineer.post(f"/backups/{job.id}/restore-test", follow_redirects=True).text
    assert "this server is not named as one" in page
    assert db.session.scalars(select(Job)).all() == []


def test_a_heartbeat_is_heard_by_its_code_alone(client):
    job = factories.backup()
    code = register.new_address(job, by=ME, at=utcnow())
    db.session.commit()
    before = db.session.query(AuditEntry).count()
    assert client.post(f"/api/v1/heartbeats/{code}/start").json == {"heard": "started"}
    answer = client.post(f"/api/v1/heartbeats/{code}?size=1234", data="bye\0 bye")
    assert answer.json == {"heard": "done"}
    (run,) = db.session.scalars(select(BackupRun))
    assert (run.state, run.size_bytes, run.told["words"]) == (RunState.DONE, 1234, "bye bye")
    assert client.post(f"/api/v1/heartbeats/{code}/1").json == {"heard": "failed"}
    assert db.session.query(AuditEntry).count() == before


@pytest.mark.parametrize(
    "path",
    [
        "{code}/often",
        "{code}/-1",
        "{code}?size=much",
        "{code}?size=-1",
        f"{{code}}?size={'0' * 20}{'9' * 20}",
        f"{{code}}?size={'0' * 5000}",
        "{code}?sha256=00",
        "x" * 32,
    ],
)
def test_a_wrong_heartbeat_changes_nothing_and_says_why(client, path):
    job = factories.backup()
    code = register.new_address(job, by=ME, at=utcnow())
    db.session.commit()
    answer = client.post(f"/api/v1/heartbeats/{path.format(code=code)}")
    assert answer.status_code in {400, 404}
    assert answer.content_type == "application/problem+json"
    assert db.session.scalars(select(BackupRun)).all() == []


def test_a_new_address_kills_the_old_one(engineer, client):
    job = factories.backup()
    old = register.new_address(job, by=ME, at=utcnow())
    db.session.commit()
    page = engineer.post(f"/backups/{job.id}/address").text
    assert "/api/v1/heartbeats/" in page
    assert client.post(f"/api/v1/heartbeats/{old}").status_code == 404


def test_a_backup_that_nobody_tells_of_leads_to_its_address_first(engineer):
    engineer.post("/backups/new", data=stated(factories.module()))
    job = db.session.scalars(select(BackupJob)).one()
    page = engineer.get(f"/backups/{job.id}").text
    assert "Nobody tells of it yet" in page
    assert page.index("Make the heartbeat address") < page.index("How far it is verified")
    engineer.post(f"/backups/{job.id}/address")
    assert "Nobody tells of it yet" not in engineer.get(f"/backups/{job.id}").text


def test_a_module_page_and_its_backup_lead_to_each_other(engineer):
    job = factories.backup()
    db.session.commit()
    assert f"/backups/{job.id}" in engineer.get(f"/modules/{job.module_id}").text
    assert f"/modules/{job.module_id}" in engineer.get(f"/backups/{job.id}").text


def test_nothing_is_called_proven_where_there_is_no_module(engineer):
    factories.backup(module=factories.module(is_in_use=False))
    assert (
        "Every module has a backup that was restored in time." not in engineer.get("/backups").text
    )
    factories.proven_module(utcnow())
    assert "Every module has a backup that was restored in time." in engineer.get("/backups").text


def test_the_worst_of_a_backup_is_said_before_what_came_back(engineer):
    job = factories.backup()
    proven(job, measured_rto_seconds=200)
    runs.hear(job, Told(RunState.FAILED), at=utcnow())
    judging.judge(job, at=utcnow())
    page = engineer.get(f"/backups/{job.id}").text
    said = page[page.index('<div class="say crit"') :]
    assert said.index("failed") < said.index("It came back on")


def test_the_chart_of_sizes_has_its_figures_as_a_table(engineer):
    job = factories.backup()
    runs.hear(job, Told(RunState.DONE, 5_000_000), at=utcnow())
    runs.hear(job, Told(RunState.FAILED), at=utcnow())
    page = engineer.get(f"/backups/{job.id}").text
    table = page[page.index("<details>") : page.index("</details>")]
    assert "4.8 MB" in table
    assert "failed" in table
    assert "Unknown" in table


def test_a_list_does_not_say_the_modules_short_name_twice(sign_in):
    lis = factories.module(code="LIS")
    factories.backup(module=lis, name="LIS 备份", name_en="")
    factories.backup(module=lis, name="每晚导出", name_en="")
    page = sign_in(Role.HEAD).get("/backups").text
    assert "LIS LIS" not in page
    assert "LIS 每晚导出" in page


def test_each_level_says_of_which_file_it_speaks(engineer):
    job = factories.backup()
    at = utcnow()
    old = runs.find(job, name="lis-1.dump", size_bytes=900, changed_at=at, at=at)
    finding = Finding("integrity", State.OK, Message("backup.whole.ok", {"format": "x"}))
    judging.write(job, VerificationLevel.INTEGRITY, finding, run=old, at=at)
    runs.find(job, name="lis-2.dump", size_bytes=900, changed_at=at, at=at)
    judging.judge(job, at=at)
    db.session.commit()
    page = engineer.get(f"/backups/{job.id}").text
    assert "newest: lis-2.dump" in page
    levels = page.partition('<ol class="steps')[2].partition("</ol>")[0].split("<li")[1:]
    assert "of lis-2.dump" in levels[0]
    assert "of lis-2.dump" in levels[1]
    assert "of lis-1.dump" in levels[2]
    assert "lis-" not in levels[3]


def test_a_run_that_only_called_is_named_by_its_time(engineer):
    job = factories.backup()
    proven(job)
    db.session.commit()
    page = engineer.get(f"/backups/{job.id}").text
    assert "newest: the run of" in page
    assert "of the run of" in page
