"""/api/v1: what a program reads with a token is described, paged, and no more than its person's."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import ApiToken, AuditEntry, BackupRun, Role, RoleGrant, RunState, User
from tests import factories
from tests.api.schemas import faults
from tests.auth.programs import Program, token_of
from tests.conftest import Client
from tests.queries import counted
from tests.services.alerting.world import trouble

LISTS = ("hosts", "assets", "alerts", "tickets", "backups")


@pytest.fixture
def head(app):
    return factories.user(role=Role.HEAD, name="王敏")


@pytest.fixture
def program(app, head):
    return Program(app, token_of(head))


def fill() -> None:
    """Put something into every list, with and without what may be missing."""
    asset = factories.asset(department=factories.department())
    factories.asset()
    factories.host(asset=asset, site_id=asset.site_id)
    factories.host()
    factories.ticket(asset_id=asset.id)
    factories.ticket(title="坏了")
    trouble(f"thing:{asset.id}", at=utcnow())
    trouble(f"other:{asset.id}", site_id=asset.site_id, at=utcnow())
    job = factories.backup()
    factories.backup()
    at = utcnow()
    run = BackupRun(job_id=job.id, state=RunState.DONE, finished_at=at, seen_at=at, size_bytes=9)
    db.session.add(run)
    db.session.commit()


def described(program: Program) -> dict[str, Any]:
    return dict(program.app.test_client().get("/api/v1/openapi.json").get_json())


def test_every_answer_is_as_it_is_described(program):
    fill()
    document = described(program)
    assert {path.rpartition("/")[2] for path in document["paths"]} == set(LISTS)
    for name in LISTS:
        path = f"/api/v1/{name}"
        answer = program.get(path)
        responses = document["paths"][path]["get"]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]
        assert list(faults(answer.json, schema, document, name)) == []
        assert len(answer.get_json()["items"]) >= 2, name


@pytest.mark.both_databases
def test_both_databases_answer_alike(any_app):
    any_app.test_client_class = Client
    program = Program(any_app, token_of(factories.user(role=Role.HEAD)))
    fill()
    document = described(program)
    for name in LISTS:
        schema = document["components"]["schemas"][name]
        items = program.get(f"/api/v1/{name}?limit=1").get_json()["items"]
        assert [list(faults(item, schema, document, name)) for item in items] == [[]]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("?after=x", 400, "after"),
        ("?after=-1", 400, "after"),
        ("?after=99999999999", 400, "after"),
        ("?limit=0", 400, "limit"),
        ("?limit=501", 400, "limit"),
        ("?limit=1&limit=2", 400, "limit"),
        ("?page=2", 400, "page"),
        ("", 401, ""),
        ("", 403, ""),
    ],
)
def test_every_refusal_is_a_problem_as_it_is_described(app, head, query, status, field):
    token = token_of(head, scope=["view_assets"] if status == 403 else ["view_health"])
    program = Program(app, "itops_wrong" if status == 401 else token)
    answer, document = program.get(f"/api/v1/hosts{query}"), described(program)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    responses = document["paths"]["/api/v1/hosts"]["get"]["responses"]
    schema = responses[str(status)]["content"]["application/problem+json"]["schema"]
    assert list(faults(answer.json, schema, document)) == []
    assert [each["field"] for each in answer.get_json()["errors"]] == ([field] if field else [])
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer realm=itops"


def test_pages_follow_each_other_and_hold_every_row_once(program):
    wanted = {factories.asset().id for _ in range(7)}
    found, address = [], "/api/v1/assets?limit=3"
    while address:
        answer = program.get(address).json
        found += [item["id"] for item in answer["items"]]
        address = answer["next"]
    assert (len(found), set(found)) == (7, wanted)


def test_a_list_costs_the_same_however_many_rows_it_has(program):
    fill()
    for name in LISTS:
        with counted() as few:
            program.get(f"/api/v1/{name}")
        fill()
        with counted() as many:
            program.get(f"/api/v1/{name}")
        assert len(many) <= len(few), name


def test_a_program_sees_the_sites_of_its_person_and_no_other(app):
    here, there = factories.site(), factories.site()
    officer = factories.user(role=Role.SITE_OFFICER, site=here)
    program = Program(app, token_of(officer))
    for site in (here, there):
        asset = factories.asset(site=site)
        factories.host(site=site)
        factories.ticket(site_id=site.id, asset_id=asset.id)
        factories.backup(site_id=site.id)
        trouble(f"thing:{asset.id}", site_id=site.id, at=utcnow())
    for name in LISTS:
        sites = {item["site_id"] for item in program.get(f"/api/v1/{name}").get_json()["items"]}
        assert sites == {here.id}, name


def test_a_token_holds_no_more_than_its_person_has_now(app, head):
    program = Program(app, token_of(head))
    assert program.get("/api/v1/hosts").status_code == 200
    head.grants[0].role = Role.REPORTER
    assert program.get("/api/v1/hosts").status_code == 403
    head.grants = [RoleGrant(role=Role.ENGINEER, ends_at=utcnow())]
    assert program.get("/api/v1/hosts").status_code == 403


@pytest.mark.parametrize("what", ["revoked", "ended", "shut"])
def test_a_token_that_is_over_opens_nothing_from_the_next_request_on(app, head, what):
    program = Program(app, token_of(head))
    assert program.get("/api/v1/hosts").status_code == 200
    row = db.session.scalars(select(ApiToken)).one()
    if what == "shut":
        head.is_enabled = False
    else:
        setattr(row, "revoked_at" if what == "revoked" else "ends_at", utcnow())
    assert program.get("/api/v1/hosts").status_code == 401


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "Bearer",
        "Bearer itops_",
        "Basic itops_x",
        "Bearer \u00e9",
        f"Bearer itops_{'x' * 9000}",
        "Bearer itops_' OR 1=1",
    ],
)
def test_whatever_else_is_sent_as_a_token_opens_nothing(app, sent):
    headers = {"Authorization": sent.encode().decode("latin-1")}
    assert app.test_client().get("/api/v1/hosts", headers=headers).status_code == 401


def test_the_last_use_is_written_down_and_a_new_address_at_once(app, head, program):
    program.get("/api/v1/hosts")
    row = db.session.scalars(select(ApiToken)).one()
    db.session.refresh(row)
    first = row.last_used_at
    assert (first is not None, row.last_address) == (True, "127.0.0.1")
    program.get("/api/v1/hosts")
    db.session.refresh(row)
    assert row.last_used_at == first
    program.get("/api/v1/hosts", environ_base={"REMOTE_ADDR": "10.0.0.8"})
    db.session.refresh(row)
    assert row.last_address == "10.0.0.8"


def test_what_a_token_was_refused_stands_in_the_log_under_person_and_token(app, head):
    Program(app, token_of(head, scope=["view_assets"])).get("/api/v1/hosts")
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_name, entry.actor_id) == (
        "request.refused",
        "王敏 (Grafana)",
        head.id,
    )


def test_who_has_yet_to_set_up_a_second_factor_has_no_program_either(app, head, with_settings):
    with_settings(two_factor_roles=("head",))
    assert Program(app, token_of(head)).get("/api/v1/hosts").status_code == 403


def test_the_servers_figures_are_open_to_a_token_from_elsewhere(app, head):
    elsewhere = {"environ_base": {"REMOTE_ADDR": "10.0.0.8"}}
    local = token_of(factories.user(role=Role.HEAD, site=factories.site()))
    assert Program(app, token_of(head)).get("/metrics", **elsewhere).status_code == 200
    assert Program(app, local).get("/metrics", **elsewhere).status_code == 403
    assert Program(app, "itops_wrong").get("/metrics", **elsewhere).status_code == 403
    other = token_of(head, scope=["view_health"])
    assert Program(app, other).get("/metrics", **elsewhere).status_code == 403


def test_a_sentence_of_an_alert_is_in_the_persons_language(app, head, program):
    trouble(at=utcnow())
    words = set()
    for language in ("en", "zh_Hans"):
        db.session.get_one(User, head.id).language = language
        words.add(program.get("/api/v1/alerts").get_json()["items"][0]["message"])
    assert len(words) == 2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/hosts", "Authorization: Bearer"),
        ("/api/v1/backups", "Tokens for programs"),
        ("/api/v1/nothing", "openapi.json"),
    ],
)
def test_a_refusal_says_to_a_program_what_a_program_can_do(app, head, path, words):
    token = "itops_wrong" if path.endswith("hosts") else token_of(head, scope=["view_health"])
    assert words in json.loads(Program(app, token).get(path).text)["detail"]
