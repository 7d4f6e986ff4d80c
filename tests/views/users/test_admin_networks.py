"""Administrators act from the networks that the hospital named; elsewhere they are told so."""

import shutil
from typing import Any

import pytest
from sqlalchemy import select

from itops import create_app
from itops.clock import utcnow
from itops.config import Settings, load
from itops.db import db
from itops.errors import Misconfigured
from itops.models import AuditEntry, Role, RoleGrant, User, UserSession
from itops.services.doctor.examining import examine
from tests import factories
from tests.auth.matrix import address, routes, rows
from tests.auth.programs import Program, token_of
from tests.conftest import Client

OFFICE = "10.20.0.0/16"
ELSEWHERE: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "10.99.0.5"}}
INSIDE: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "10.20.3.4"}}


@pytest.fixture(autouse=True)
def office(app, with_settings):
    with_settings(admin_networks=(OFFICE,))


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_an_administrators_role_opens_nothing_from_elsewhere(app, sign_in, role):
    admin, known = sign_in(role), routes(app)
    for row in rows():
        if row["method"] == "GET" and row[role.value] == "yes" and row["token"] == "-":
            path = address(known["GET", row["route"]])
            is_own = row["permission"] == "be_here"
            assert (admin.get(path, **ELSEWHERE).status_code == 403) != is_own, path
            assert admin.get(path, **INSIDE).status_code != 403, path


def test_a_person_is_told_why_and_keeps_the_own_account(sign_in):
    admin = sign_in(Role.SYSTEM_ADMIN)
    refused = admin.get("/users", **ELSEWHERE)
    assert refused.status_code == 403
    assert "this request came from 10.99.0.5" in refused.text
    assert "does not hold here" in admin.get("/account", **ELSEWHERE).text
    assert "does not hold here" not in admin.get("/account", **INSIDE).text
    assert "/users" not in admin.get("/", **ELSEWHERE).text


def test_it_is_written_down_but_not_for_ever(sign_in):
    admin = sign_in(Role.SYSTEM_ADMIN, name="王敏")
    for _ in range(9):
        admin.get("/users", **ELSEWHERE)
    admin.post("/users/new", data={"login": "mallory", "name": "马"}, **ELSEWHERE)
    found = entries()
    assert {(one.action, one.actor_name, one.address) for one in found} == {
        ("request.refused_for_address", "王敏", "10.99.0.5")
    }
    assert len(found) == 6  # five one by one, and the tenth with those between


def test_other_roles_of_the_same_person_go_on(sign_in):
    client = sign_in(Role.ENGINEER, login="li")
    person = db.session.scalars(select(User).filter_by(login="li")).one()
    person.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))
    assert client.get("/hosts", **ELSEWHERE).status_code == 200
    assert client.get("/users", **ELSEWHERE).status_code == 403
    assert client.get("/users", **INSIDE).status_code == 200


def test_from_elsewhere_nobody_gives_what_only_an_administrator_may(sign_in):
    client = sign_in(Role.HEAD, login="li")
    person = db.session.scalars(select(User).filter_by(login="li")).one()
    person.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))
    who = factories.user(role=Role.REPORTER)
    given = {"role": "system_admin"}
    assert client.post(f"/users/{who.id}/roles", data=given, **ELSEWHERE).status_code == 403
    assert client.post(f"/users/{who.id}/roles", data=given, **INSIDE).status_code == 302


def test_a_program_is_held_to_the_same(app):
    program = Program(app, token_of(factories.user(role=Role.SYSTEM_ADMIN)))
    assert program.get("/api/v1/hosts", **INSIDE).status_code == 200
    refused = program.get("/api/v1/hosts", **ELSEWHERE)
    assert refused.status_code == 403
    assert "10.99.0.5" in refused.get_json()["detail"]
    assert program.get("/metrics", **ELSEWHERE).status_code == 403


@pytest.mark.parametrize(
    ("proxies", "forwarded", "is_let"),
    [
        (0, "10.20.3.4", False),
        (1, "10.20.3.4", True),
        (1, "10.20.3.4, 10.99.0.5", False),
        (2, "10.20.3.4, 10.99.0.5", True),
        (1, "no address", False),
        (1, "::ffff:10.20.3.4", True),
    ],
)
def test_behind_proxies_the_address_is_the_one_that_the_last_of_ours_saw(
    migrated, tmp_path, proxies, forwarded, is_let
):
    shutil.copy(migrated / "itops.db", tmp_path)
    app = create_app(Settings(data_dir=tmp_path, proxies=proxies, admin_networks=(OFFICE,)))
    app.test_client_class = Client
    with app.app_context():
        program = Program(app, token_of(factories.user(role=Role.SYSTEM_ADMIN)))
        answer = program.get("/api/v1/hosts", headers={"X-Forwarded-For": forwarded}, **ELSEWHERE)
        assert (answer.status_code == 200) == is_let
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("value", ["10.20.0.1/16", "office", "10.20.0.0/33", "300.1.1.1"])
def test_a_wrong_network_is_refused_at_start_by_its_name(value):
    with pytest.raises(Misconfigured) as error:
        load({"ITOPS_ADMIN_NETWORKS": value})
    assert error.value.message.params["name"] == "ITOPS_ADMIN_NETWORKS"


def test_the_doctor_tells_who_is_locked_out_how_to_mend_it(app, sign_in, tmp_path):
    settings = Settings(data_dir=tmp_path, admin_networks=(OFFICE,))
    sign_in(Role.SYSTEM_ADMIN)
    row = db.session.scalars(select(UserSession)).one()
    found = {}
    for where in ("10.99.0.5", "10.20.3.4"):
        row.address = where
        found[where] = next(
            one
            for one in examine(settings, at=utcnow(), thoroughly=False)
            if one.check == "admin_networks"
        )
    assert found["10.99.0.5"].means.params["addresses"] == ["10.99.0.5"]
    assert found["10.99.0.5"].mend is not None
    assert found["10.20.3.4"].mend is None
