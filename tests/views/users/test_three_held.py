"""Three administrators who try to have two parts: what was proposed, rests or falls vacant."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import GrantProposal, Outcome, Role, RoleGrant, Site
from itops.services import belongings
from itops.services.auditing import Actor
from itops.services.users.passwords import hashed
from tests import factories
from tests.views.users.leaves import GOOD, WANG, account, days, form, hand, handed_to, roles

pytestmark = pytest.mark.usefixtures("apart")


def waiting():
    db.session.expire_all()
    return db.session.scalars(
        select(GrantProposal).where(GrantProposal.outcome == Outcome.WAITING)
    ).all()


def approve(guard, one):
    return guard.post(f"/role-proposals/{one.id}/approve", follow_redirects=True).text


def test_nothing_is_approved_whose_proposer_could_propose_it_no_more(keeper, guard):
    second = factories.user(login="second", role=Role.SYSTEM_ADMIN)
    who = factories.user(login="wang")
    keeper.post(f"/users/{who.id}/roles", data={"role": "engineer"})
    (one,) = waiting()
    proposer = account("keeper")
    proposer.is_enabled = False
    db.session.commit()
    assert "could propose this no more" in approve(guard, one)
    proposer = account("keeper")
    proposer.is_enabled = True
    proposer.grants[0].site_id = factories.site().id
    db.session.commit()
    assert "could propose this no more" in approve(guard, one)
    assert roles("wang") == []
    one = db.session.get_one(GrantProposal, one.id)
    one.proposed_by_id = second.id
    db.session.commit()
    approve(guard, one)
    assert roles("wang") == [Role.ENGINEER]


def test_a_site_administrators_proposal_holds_only_while_the_site_is_theirs(keeper, guard, sign_in):
    site = factories.site()
    below = factories.site(parent=site)
    local = sign_in(Role.SYSTEM_ADMIN, login="local", site=site)
    for login in ("wang", "li"):
        who = factories.user(login=login, role=Role.REPORTER, site=site)
        local.post(f"/users/{who.id}/roles", data={"role": "engineer", "site": str(below.id)})
    first, second = waiting()
    approve(guard, first)
    assert Role.ENGINEER in roles("wang")
    db.session.get_one(Site, below.id).parent_id = None
    db.session.commit()
    assert "could propose this no more" in approve(guard, second)
    assert roles("li") == [Role.REPORTER]


def test_a_proposal_moves_along_with_its_department(keeper, guard):
    department, new = factories.department(), factories.site()
    who = factories.user(login="wang")
    form = {"role": "department_contact", "department": str(department.id)}
    keeper.post(f"/users/{who.id}/roles", data=form)
    belongings.move(department, new, by=Actor(None, "root"), at=utcnow())
    db.session.commit()
    (one,) = waiting()
    approve(guard, one)
    (grant,) = account("wang").grants
    assert (grant.site_id, grant.department_id) == (new.id, department.id)


def test_who_comes_for_a_time_fills_no_vacant_seat(keeper, guard):
    """It would fall vacant again and again, and one hand would fill it each time."""
    day = f"{utcnow() + timedelta(days=9):%Y-%m-%d}"
    keeper.post("/users/new", data=WANG | {"role": "audit_admin", "ends_on": day})
    assert roles("wang") == []
    (one,) = waiting()
    approve(guard, one)
    assert roles("wang") == [Role.AUDIT_ADMIN]


def test_what_rests_is_not_handed_over(sign_in):
    mixed = sign_in(Role.SYSTEM_ADMIN, login="old", password_hash=hashed(GOOD))
    person = account("old")
    person.grants.append(RoleGrant(role=Role.HEAD))
    factories.user(login="li", role=Role.ENGINEER)
    db.session.commit()
    assert hand(mixed, "li", "old").status_code == 422
    assert handed_to("li") == []


def test_what_an_administrator_had_handed_over_rests_with_it(sign_in):
    head = sign_in(Role.HEAD, login="wang", password_hash=hashed(GOOD))
    li = sign_in(Role.ENGINEER, login="li")
    hand(head, "li", "wang")
    assert li.get("/tickets/limits").status_code == 200
    person = account("wang")
    person.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))
    db.session.commit()
    assert li.get("/tickets/limits").status_code == 403
    assert li.get("/tickets").status_code == 200


def test_leave_after_leave_is_no_role_for_ever(sign_in):
    head = sign_in(Role.HEAD, login="wang", password_hash=hashed(GOOD))
    factories.user(login="li", role=Role.ENGINEER)
    db.session.commit()
    far = head.post("/account/leave", data=form("li", "wang") | days(400, 700))
    assert far.status_code == 422
    assert "at most 366 days from now" in far.text
    assert handed_to("li") == []
