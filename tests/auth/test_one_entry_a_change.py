"""Each change by a person is one line of the audit log, and a refused one changes nothing."""

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import AuditEntry, Role, RoleGrant, User, UserSession
from tests.auth.changes import CHANGES, COVERED
from tests.auth.matrix import routes


@pytest.fixture
def chief(sign_in):
    client = sign_in(Role.SYSTEM_ADMIN, login="chief")
    me().grants += [
        RoleGrant(role=role) for role in (Role.HEAD, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN)
    ]
    db.session.commit()
    return client


def me() -> User:
    return db.session.scalars(select(User).where(User.login == "chief")).one()


def test_every_changing_route_stands_in_the_table(app):
    changing = {
        rule.endpoint
        for (method, _route), rule in routes(app).items()
        if method != "GET" and rule.endpoint.partition(".")[0] in COVERED
    }
    assert set(CHANGES) == changing


@pytest.mark.parametrize("endpoint", sorted(CHANGES))
def test_a_change_is_one_line_of_the_log(chief, endpoint):
    path, form = CHANGES[endpoint](me())
    session_id = db.session.scalars(select(UserSession.id)).first()
    answer = chief.post(path.format(session_id=session_id), data=form)
    assert answer.status_code in {200, 302}, answer.text
    entries = db.session.scalars(select(AuditEntry)).all()
    assert len(entries) == 1, [entry.action for entry in entries]
    assert entries[0].actor_name
    assert entries[0].address == "127.0.0.1"


@pytest.mark.parametrize("endpoint", sorted(CHANGES))
def test_the_same_from_another_site_changes_nothing(chief, endpoint):
    path, form = CHANGES[endpoint](me())
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert chief.post(path.format(session_id=1), data=form, headers=elsewhere).status_code == 403
    statement = select(func.count()).where(AuditEntry.action != "request.refused")
    assert db.session.scalars(statement.select_from(AuditEntry)).one() == 0
