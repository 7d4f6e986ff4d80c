"""The audit page: who may read it, what it finds, and what it shows of a change."""

import csv
import io
import json
import re
import zipfile
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itops.auth.permissions import Permission
from itops.clock import utcnow
from itops.config import Settings, load
from itops.db import db
from itops.errors import Misconfigured
from itops.jobs.long_work import do_long_job
from itops.jobs.worker import Worker
from itops.models import AuditEntry, Result, Role
from itops.services.audit import sealing
from itops.services.auditing import Actor, record
from tests import factories
from tests.conftest import NOON

WANG = Actor(None, "王敏", "10.0.0.7")


@pytest.fixture
def auditor(sign_in):
    return sign_in(Role.AUDIT_ADMIN)


def entry(action: str = "user.edited", at: datetime = NOON, **given: Any) -> AuditEntry:
    given.setdefault("by", WANG)
    return record(action, at=at, **given)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDIT_ADMIN}))
@pytest.mark.parametrize("path", ["/audit", "/audit/audit.csv"])
def test_only_who_audits_reads_the_log(sign_in, role, path):
    assert sign_in(role).get(path).status_code == 403


def test_a_part_of_the_log_is_not_shown_alone(sign_in):
    client = sign_in(Role.AUDIT_ADMIN, site=factories.site())
    assert client.get("/audit").status_code == 403
    assert client.get("/audit/audit.csv").status_code == 403


def test_a_change_shows_what_was_and_what_is(auditor):
    entry(before={"name": "旧", "phone": ""}, after={"name": "新", "phone": "8120"})
    page = auditor.get("/audit").text
    assert '<del class="was">旧</del>' in page
    assert '<ins class="is">新</ins>' in page
    assert "<dt>Phone</dt>" in page
    assert "Edited a person" in page
    assert "2026-03-02 12:00" in page


def test_what_the_log_keeps_as_keys_is_read_as_words(auditor):
    was = {"status": "new", "next_due_at": "2026-03-02T04:40:17.166240+00:00", "priority": 3}
    now = {"status": "in_progress", "next_due_at": None, "priority": 2}
    entry("ticket.assigned", before=was, after=now, subject=factories.ticket())
    before = {"criticality": "high", "notes": "open"}
    entry("asset.edited", before=before, after={"criticality": "life"}, subject=factories.asset())
    page = auditor.get("/audit").text
    for words in (">New<", ">In progress<", ">2026-03-02 12:40<", ">High<", ">open<"):
        assert words in page, words
    assert "in_progress" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=王敏", "abc"),
        ("person=王", ""),
        ("action=host.revoked", "b"),
        ("action=' OR 1=1 --", ""),
        ("result=failed", "c"),
        ("result=nonsense", "abc"),
        ("from=2026-03-03", "bc"),
        ("to=2026/3/2", "a"),
        ("from=2026-03-03&to=2026-03-03", "b"),
        ("from=never", "abc"),
        ("name=%25", ""),
        ("before=99999999999999999999", "abc"),
        ("subject=-1&kind=x", ""),
    ],
)
def test_filters_narrow_and_nonsense_does_not(auditor, query, found):
    entry("user.edited", after={"mark": "mark-a"})
    entry("host.revoked", NOON + timedelta(days=1), after={"mark": "mark-b"})
    entry(
        "sign_in.failed", NOON + timedelta(days=2), after={"mark": "mark-c"}, result=Result.FAILED
    )
    page = auditor.get(f"/audit?{query}").text
    assert "".join(letter for letter in "abc" if f"mark-{letter}" in page) == found


def test_the_history_of_one_thing_is_a_link(auditor):
    place = factories.site(name="龙泉镇")
    entry("place.renamed", subject=place)
    entry("place.renamed", subject=factories.site(name="川北"))
    page = auditor.get("/audit").text
    assert f"/audit?kind=site&amp;subject={place.id}" in page
    assert "川北" not in auditor.get(f"/audit?kind=site&subject={place.id}").text


def test_pages_follow_each_other_without_gaps(auditor):
    for number in range(120):
        entry(after={"mark": f"mark-{number:03}."})
    seen, before = "", ""
    for _ in range(3):
        page = auditor.get(f"/audit{before}").text
        seen += page
        following = re.search(r'rel="next" href="/audit(\?before=\d+)"', page)
        before = following[1] if following else ""
    assert all(seen.count(f"mark-{number:03}.") == 1 for number in range(120))


def test_the_file_holds_what_the_filters_find_and_no_formula(auditor):
    entry("user.edited", by=Actor(None, "=HYPERLINK(1)"), after={"name": "新"})
    entry("host.revoked")
    answer = auditor.get("/audit/audit.csv?action=user.edited")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="itops-audit.csv"'
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[:3] == ["id", "at", "person"]
    assert row[1:3] == ["2026-03-02T12:00:00+08:00", "'=HYPERLINK(1)"]
    assert row[-1] == '{"name": "新"}'


def test_markup_in_an_entry_is_text(auditor):
    evil = "<img src=x onerror=alert(1)>"
    entry("user.edited", by=Actor(None, evil, evil[:45]), before={evil: evil}, after={evil: [evil]})
    page = auditor.get("/audit?person=%22%3E%3Cscript%3E").text + auditor.get("/audit").text
    assert "<img" not in page
    assert "<script>" not in page


def test_a_refused_change_is_written_down_but_not_without_end(sign_in):
    client = sign_in(Role.REPORTER)
    for _ in range(12):
        assert client.post("/users/new", data={}).status_code == 403
    assert client.get("/users").status_code == 403
    entries = db.session.scalars(select(AuditEntry)).all()
    assert [(e.action, e.result, e.after) for e in entries] == [
        *[("request.refused", Result.REFUSED, {"route": "users.create"})] * 5,
        ("request.refused", Result.REFUSED, {"route": "users.create", "refusals": 10}),
    ]


def sealed(app) -> None:
    for _ in sealing.seal_daily(utcnow(), app.config["ITOPS"]):
        db.session.commit()


def test_the_page_says_how_the_log_is_sealed_and_the_seal_is_printed(app, auditor):
    entry()
    assert "There is no seal yet" in auditor.get("/audit").text
    assert auditor.get("/audit/seal").status_code == 404
    sealed(app)
    page = auditor.get("/audit").text
    assert "Sealed at entry 1" in page
    assert "No copy is outside the data folder yet" in page
    seal = auditor.get("/audit/seal").text
    own = db.session.scalars(select(AuditEntry.hash)).one()
    assert own[:32] in seal
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d</dd>", seal)  # a sheet of paper has no today
    assert '<svg class="qr big"' in seal


def test_a_seal_that_did_not_arrive_is_on_the_page(app, auditor):
    entry()
    app_settings = replace(app.config["ITOPS"], seal_channels=("second host",))
    for _ in sealing.seal_daily(utcnow(), app_settings):
        db.session.commit()
    page = auditor.get("/audit").text
    assert "A seal did not arrive at second host. There is no such channel" in page


def test_the_log_is_verified_behind_the_page(app, auditor):
    entry()
    answer = auditor.post("/audit/verify")
    assert "/jobs/" in answer.headers["Location"]
    assert do_long_job(Worker(app))
    page = auditor.get("/audit").text
    assert "The log is whole: 2 entries, the last is 2" in page


def test_the_assessors_export_holds_the_log_and_its_verifier(app, auditor):
    entry(after={"name": "新"})
    sealed(app)
    answer = auditor.get("/audit/assessor.zip")
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert "verify.py" in packed.namelist()
        (line,) = packed.read("entries.jsonl").decode().splitlines()
        assert json.loads(line)["after"] == '{"name": "新"}'
        assert len(packed.read("seals.jsonl").decode().splitlines()) >= 1


@pytest.mark.parametrize("path", ["/audit/seal", "/audit/assessor.zip"])
def test_only_who_audits_takes_the_log_away(sign_in, path):
    assert sign_in(Role.SYSTEM_ADMIN).get(path).status_code == 403


def test_nothing_that_somebody_may_do_or_set_switches_the_log_off(app):
    """No permission writes to it, no route below it changes anything but by asking for a look."""
    words = {one.value for one in Permission if "audit" in one.value}
    assert words == {"view_audit"}
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/audit") and rule.methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert changing == {"audit.verify"}
    about_it = {one.name for one in fields(Settings) if "audit" in one.name or "seal" in one.name}
    assert about_it == {"audit_hash", "keep_audit_days", "seal_folder", "seal_channels"}
    with pytest.raises(Misconfigured):
        load({"ITOPS_KEEP_AUDIT_DAYS": "183"})


@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_day_is_said_and_limits_nothing_in_silence(auditor, name):
    page = auditor.get(f"/audit?{name}=yesterday").get_data(as_text=True)
    assert "“yesterday” in" in page
    assert 'aria-invalid="true"' in page
    answer = auditor.get(f"/audit/audit.csv?{name}=yesterday")
    assert answer.status_code in {400, 422}
    assert "not a day" in answer.get_data(as_text=True)
    assert "aria-invalid" not in auditor.get(f"/audit?{name}=2026-11-30").get_data(as_text=True)
