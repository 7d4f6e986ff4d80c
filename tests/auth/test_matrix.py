"""Every route × method × role does what the reviewed table says, asked by real requests."""

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from itops.auth.permissions import GRANTS, Permission
from itops.auth.tokens import SCOPES
from itops.db import db
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.auth.matrix import NO, ONLY, OPEN, address, decided, routes, rows
from tests.auth.programs import Program, token_of

#: These end the session by which the next route would be asked.
LAST = {"/sign-out", "/account/sessions/end-all"}


def test_the_table_has_a_row_for_every_route_and_no_other(app):
    """`python -m tests.auth.matrix` writes it anew; read the difference."""
    reviewed = [tuple(row.values()) for row in rows()]
    assert sorted(reviewed) == sorted(decided(app))


@pytest.mark.slow
@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_the_table_says_and_nothing_else(app, sign_in, role):
    client, known, wrong = sign_in(role, login="asks"), routes(app), {}
    me = db.session.scalars(select(User).where(User.login == "asks")).one()
    program = Program(app, token_of(me))
    for row in sorted(rows(), key=lambda row: row["route"] in LAST):
        rule = known[row["method"], row["route"]]
        if row["route"] in LAST:
            client = sign_in(role)
        asks = program if row["token"] == ONLY else client
        answer = asks.open(address(rule), method=row["method"])
        is_refused = answer.status_code == 403
        if is_refused != (row[role.value] == NO) or _asks_to_sign_in(answer, row["route"]):
            wrong[row["method"], row["route"]] = (row[role.value], answer.status_code)
    assert wrong == {}


def test_nobody_signed_in_reaches_only_what_is_open(app, client):
    wrong = {}
    for row in rows():
        rule = routes(app)[row["method"], row["route"]]
        answer = client.open(address(rule), method=row["method"])
        is_turned_away = answer.location == "/sign-in" or answer.status_code == 401
        is_program = row["route"].startswith("/api/")
        if row["permission"] != OPEN and not is_turned_away:
            wrong[row["method"], row["route"]] = answer.status_code
        if (
            row["permission"] == OPEN
            and is_turned_away
            and not is_program
            and row["route"] not in LAST
        ):
            wrong[row["method"], row["route"]] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("row", [row for row in rows() if row["token"] == ONLY], ids=str)
def test_a_token_opens_its_scope_and_a_cookie_no_list_for_programs(app, sign_in, row):
    client = sign_in(Role.HEAD, login="asks")
    me = db.session.scalars(select(User).where(User.login == "asks")).one()
    needed = row["permission"]
    others = [one for one in SCOPES if one.value != needed]
    assert Program(app, token_of(me, scope=[needed])).get(row["route"]).status_code == 200
    assert Program(app, token_of(me, scope=others)).get(row["route"]).status_code == 403
    assert client.get(row["route"]).status_code == 401


def test_a_token_of_all_scopes_opens_no_page_and_changes_nothing(app):
    everything = factories.user()
    everything.grants += [RoleGrant(role=role) for role in Role]
    program, known, wrong = Program(app, token_of(everything)), routes(app), {}
    for row in rows():
        if row["token"] == NO:
            path = address(known[row["method"], row["route"]])
            answer = program.open(path, method=row["method"])
            if answer.location != "/sign-in" and answer.status_code != 401:
                wrong[row["method"], row["route"]] = answer.status_code
    assert wrong == {}


def test_every_permission_is_granted_to_somebody_and_every_role_may_be_here():
    assert set(GRANTS) == set(Permission)
    assert all(GRANTS.values())
    assert GRANTS[Permission.BE_HERE] == set(Role)


def test_the_log_is_for_its_auditors_alone():
    assert GRANTS[Permission.VIEW_AUDIT] == {Role.AUDIT_ADMIN}


def _asks_to_sign_in(answer: TestResponse, route: str) -> bool:
    return answer.location == "/sign-in" and route not in LAST
