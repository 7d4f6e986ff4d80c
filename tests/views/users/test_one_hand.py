"""Who keeps the log and administrates too reads their own work alone: that is said and recorded."""

from typing import Any

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Role, RoleGrant, User
from tests import factories

SENTENCE = "looks after the log and is another administrator too"


@pytest.fixture
def chief(sign_in):
    """Who may give every role: they hold them all, as the first administrator does."""
    client = sign_in(Role.SYSTEM_ADMIN, login="chief")
    chief = db.session.scalars(select(User)).one()
    for role in (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.HEAD):
        chief.grants.append(RoleGrant(role=role))
    db.session.commit()
    return client


def given(client, user, role: Role) -> str:
    path = f"/users/{user.id}/roles"
    page: str = client.post(path, data={"role": role.value}, follow_redirects=True).text
    return page


def facts() -> dict[str, Any]:
    entry = select(AuditEntry.after).where(AuditEntry.action == "user.role_given")
    return db.session.scalars(entry).one() or {}


@pytest.mark.parametrize("other", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_a_second_administrators_role_for_who_keeps_the_log_is_said_and_recorded(chief, other):
    stand_in = factories.user(role=other, name="代班")
    page = given(chief, stand_in, Role.AUDIT_ADMIN)
    assert f"代班 {SENTENCE}" in page
    assert facts()["audits_themselves"] is True


def test_it_does_not_matter_which_of_the_two_comes_last(chief):
    keeper = factories.user(role=Role.AUDIT_ADMIN, name="审计")
    assert SENTENCE in given(chief, keeper, Role.SYSTEM_ADMIN)
    assert facts()["audits_themselves"] is True


@pytest.mark.parametrize("role", [Role.HEAD, Role.SECURITY_ADMIN])
def test_other_roles_in_one_hand_are_nothing_to_speak_of(chief, role):
    person = factories.user(role=Role.SYSTEM_ADMIN)
    assert SENTENCE not in given(chief, person, role)
    assert "audits_themselves" not in facts()


def test_the_log_tells_it_in_words(chief):
    given(chief, factories.user(role=Role.SYSTEM_ADMIN), Role.AUDIT_ADMIN)
    page = chief.get("/audit?action=user.role_given").text
    assert "Audits their own work as an administrator" in page
