"""Three administrators: one proposes, another approves, the third reads what they did."""

from typing import Any

import pytest
from sqlalchemy import select

from itops.auth.permissions import GRANTS, Permission
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import AccessReviewLine, GrantProposal, Kept, Outcome, Role, RoleGrant, User
from itops.services.auditing import Actor
from itops.services.doctor import examining
from itops.services.users import accounts
from itops.services.users.passwords import hashed
from itops.services.users.proposing import LAPSES
from itops.services.users.role_grants import Grant
from tests import factories
from tests.views.users.leaves import GOOD, WANG, account, hand, handed_to, log, roles

pytestmark = pytest.mark.usefixtures("apart")


@pytest.fixture
def reader(sign_in):
    return sign_in(Role.AUDIT_ADMIN, login="reader", name="审计员")


def proposals() -> list[GrantProposal]:
    db.session.expire_all()
    return list(db.session.scalars(select(GrantProposal).order_by(GrantProposal.id)))


def actions() -> list[str]:
    return [entry.action for entry in log()]


def test_what_the_system_administrator_gives_waits_until_the_security_administrator_approves(
    keeper, guard
):
    page = keeper.post("/users/new", data=WANG | {"role": "engineer"})
    assert page.status_code == 200
    assert roles("wang") == []
    assert "Waits for the security administrator" in keeper.get(f"/users/{account('wang').id}").text
    assert "/role-proposals" in guard.get("/start").location
    page = guard.get("/role-proposals").text
    assert "王敏" in page
    assert "proposed by 系统员" in page
    (one,) = proposals()
    assert guard.post(f"/role-proposals/{one.id}/approve").status_code == 302
    assert roles("wang") == [Role.ENGINEER]
    assert actions() == ["user.created", "user.role_given"]
    assert log()[-1].actor_name == "安全员"
    assert log()[-1].after["proposed_by"] == "系统员"
    assert "Nothing waits" in guard.get("/role-proposals").text


def test_a_refused_proposal_comes_to_nothing_and_is_decided_once(keeper, guard):
    who = factories.user(login="wang")
    keeper.post(f"/users/{who.id}/roles", data={"role": "head"})
    (one,) = proposals()
    guard.post(f"/role-proposals/{one.id}/refuse")
    page = guard.post(f"/role-proposals/{one.id}/approve", follow_redirects=True).text
    assert "waits no more" in page
    assert roles("wang") == []
    assert actions() == ["user.role_proposed", "user.role_refused"]


def test_a_proposal_lapses_and_a_later_one_takes_its_place(keeper, guard):
    who = factories.user(login="wang")
    for _ in range(2):
        keeper.post(f"/users/{who.id}/roles", data={"role": "engineer"})
    first, second = proposals()
    assert (first.outcome, second.outcome) == (Outcome.SUPERSEDED, Outcome.WAITING)
    second.proposed_at = utcnow() - LAPSES
    db.session.commit()
    assert "lapsed" in guard.get("/role-proposals").text
    for one in (first, second):
        guard.post(f"/role-proposals/{one.id}/approve")
    assert roles("wang") == []


def test_nobody_approves_what_they_proposed_or_what_is_for_them(keeper, guard):
    who = factories.user(login="wang")
    keeper.post(f"/users/{who.id}/roles", data={"role": "engineer"})
    (one,) = proposals()
    me = account("guard").id
    for field in ("proposed_by_id", "user_id"):
        before = getattr(one, field)
        setattr(one, field, me)
        db.session.commit()
        page = guard.post(f"/role-proposals/{one.id}/approve", follow_redirects=True).text
        assert "Nobody approves what they proposed" in page, field
        setattr(one, field, before)
    db.session.commit()
    assert roles("wang") == []


def test_only_the_security_administrator_approves(keeper, reader, sign_in):
    who = factories.user(login="wang")
    keeper.post(f"/users/{who.id}/roles", data={"role": "engineer"})
    (one,) = proposals()
    for client in (keeper, reader, sign_in(Role.HEAD)):
        assert client.post(f"/role-proposals/{one.id}/approve").status_code == 403
    assert roles("wang") == []


def test_neither_of_the_other_two_changes_a_machine_or_gives_a_role():
    looks = {Permission.BE_HERE, Permission.VIEW_INSTALLATION, Permission.VIEW_AUDIT}
    decides = {Permission.REVIEW_ACCESS, Permission.APPROVE_ROLES}
    for role, own in ((Role.SECURITY_ADMIN, looks | decides), (Role.AUDIT_ADMIN, looks)):
        may = {permission for permission, held in GRANTS.items() if role in held}
        assert may <= own | {Permission.REVIEW_ACCESS}


def test_the_audit_administrator_takes_part_in_the_review_and_withdraws_nothing(
    keeper, guard, reader
):
    factories.user(login="wang", role=Role.ENGINEER)
    factories.user(login="reader2", role=Role.AUDIT_ADMIN)
    guard.post("/access-reviews")
    page = reader.get("/access-reviews/1")
    assert page.status_code == 200

    lines = {line.login: line for line in db.session.scalars(select(AccessReviewLine))}
    for login in ("wang", "reader2"):
        reader.post("/access-reviews/1/decide", data={"withdraw": str(lines[login].id)})
    reader.post("/access-reviews/1/decide", data={"line": [str(lines["guard"].id)]})
    db.session.expire_all()
    assert lines["wang"].decision is Kept.OPEN
    assert lines["guard"].decision is Kept.KEPT
    assert roles("wang") == [Role.ENGINEER]
    assert roles("reader2") == [Role.AUDIT_ADMIN]


@pytest.mark.parametrize("role", ["audit_admin", "security_admin", "head"])
def test_one_account_holds_one_of_the_three_and_nothing_beside(keeper, guard, role):
    who = factories.user(login="two", role=Role.SYSTEM_ADMIN)
    answer = keeper.post(f"/users/{who.id}/roles", data={"role": role})
    assert answer.status_code == 422
    assert "Three administrators are kept apart" in answer.text
    keeper.post(f"/users/{who.id}/roles", data={"role": "reporter"})
    assert len(proposals()) == 1


def test_a_worker_does_not_become_an_administrator_too(keeper, guard):
    who = factories.user(login="wang", role=Role.ENGINEER)
    assert keeper.post(f"/users/{who.id}/roles", data={"role": "audit_admin"}).status_code == 422
    stand_in = factories.user(login="li")
    keeper.post(f"/users/{stand_in.id}/roles", data={"role": "engineer"})
    (one,) = proposals()
    stand_in.grants.append(RoleGrant(role=Role.AUDIT_ADMIN))  # meanwhile
    db.session.commit()
    page = guard.post(f"/role-proposals/{one.id}/approve", follow_redirects=True).text
    assert "kept apart" in page
    assert roles("li") == [Role.AUDIT_ADMIN]


def test_the_first_start_makes_the_system_administrator_who_names_the_first_of_the_others(
    app, sign_in
):
    assert accounts.first_administrator(at=utcnow())
    (first,) = db.session.scalars(select(User))
    assert [grant.role for grant in first.grants] == [Role.SYSTEM_ADMIN]
    keeper = sign_in(Role.SYSTEM_ADMIN)
    assert "parts that nobody has" in keeper.get("/users").text
    keeper.post("/users/new", data=WANG | {"role": "security_admin"})
    keeper.post("/users/new", data=WANG | {"login": "zhao", "role": "audit_admin"})
    assert roles("wang") == [Role.SECURITY_ADMIN]
    assert roles("zhao") == [Role.AUDIT_ADMIN]
    assert "parts that nobody has" not in keeper.get("/users").text
    keeper.post("/users/new", data=WANG | {"login": "two", "role": "security_admin"})
    assert roles("two") == []
    assert len(proposals()) == 1


def test_the_system_administrator_keeps_working_accounts_and_neither_of_the_other_two(
    keeper, guard
):
    wang = factories.user(login="wang", role=Role.HEAD)
    assert "/welcome/" in keeper.post(f"/users/{wang.id}/link").text
    assert keeper.post(f"/users/{account('guard').id}/link").status_code == 409
    assert keeper.post(f"/users/{account('guard').id}/shut").status_code == 409


def mixed(sign_in: Any) -> Any:
    """Return a browser of one who held everything before it was turned on."""
    client = sign_in(Role.SYSTEM_ADMIN, login="old", name="老管理员")
    person = account("old")
    person.grants += [
        RoleGrant(role=role) for role in (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.HEAD)
    ]
    db.session.commit()
    return client


def test_who_held_everything_acts_as_one_and_finds_the_way_out(sign_in):
    old = mixed(sign_in)
    assert "some of your roles rest" in old.get("/account").text
    assert old.get("/audit").status_code == 403
    assert old.get("/role-proposals").status_code == 403
    page = old.get("/users").text
    assert "老管理员" in page
    assert "accounts with more than one part" in page
    old.post("/users/new", data=WANG | {"login": "guard2", "role": "security_admin"})
    old.post("/users/new", data=WANG | {"login": "reader2", "role": "audit_admin"})
    guard = sign_in(Role.SECURITY_ADMIN, login="guard")
    guard.post("/access-reviews")

    lines = db.session.scalars(select(AccessReviewLine).where(AccessReviewLine.login == "old"))
    for line in list(lines):
        guard.post("/access-reviews/1/decide", data={"withdraw": str(line.id)})
    assert roles("old") == [Role.SYSTEM_ADMIN]
    assert "accounts with more than one part" not in old.get("/users").text


def test_who_stands_in_is_no_administrator(keeper, sign_in):
    """A role handed over would put into one hand what is kept apart."""

    head = sign_in(Role.HEAD, login="wang", password_hash=hashed(GOOD))
    assert hand(head, "keeper", "wang").status_code == 422
    assert handed_to("keeper") == []
    who = account("wang")
    answer = keeper.post(f"/users/{who.id}/leave", data={"starts_on": "2099-01-01"})
    assert answer.status_code == 422


def test_the_last_of_each_stays(keeper, guard, reader):
    guard.post("/access-reviews")

    lines = {line.login: line for line in db.session.scalars(select(AccessReviewLine))}
    for login, word in (("keeper", "would be left"), ("reader", "This is the last")):
        form = {"withdraw": str(lines[login].id)}
        page = guard.post("/access-reviews/1/decide", data=form, follow_redirects=True).text
        assert word in page, login
        assert len(roles(login)) == 1


def test_on_the_machine_itself_roles_hold_at_once(app):
    """It is the way back in when a seat is lost; the log has it like everything else."""
    by = Actor(None, "root@server")
    for login in ("rescue", "second"):
        given = accounts.Particulars(login=login, name="救急")
        accounts.create(given, Grant(Role.SECURITY_ADMIN), by=by, at=utcnow())
    assert roles("second") == [Role.SECURITY_ADMIN]
    assert actions() == ["user.created", "user.created"]


def test_the_doctor_says_what_is_to_be_separated(app, sign_in, keeper, guard):
    def said() -> tuple[State, dict[str, Any]]:
        found = examining.examine(app.config["ITOPS"], at=utcnow(), thoroughly=False)
        finding = next(one for one in found if one.check == "three_administrators")
        return finding.state, dict(finding.means.params)

    assert said() == (State.WARNING, {"vacant": 1, "people": []})
    mixed(sign_in)
    factories.user(role=Role.AUDIT_ADMIN)
    assert said() == (State.WARNING, {"vacant": 0, "people": ["old"]})
    person = account("old")
    person.grants = [grant for grant in person.grants if grant.role is Role.HEAD]
    assert said()[0] is State.OK
