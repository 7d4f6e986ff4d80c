"""The access review: every role is looked at once a quarter, kept or withdrawn, and signed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import AccessReview, AuditEntry, Kept, Role, RoleGrant, User
from itops.services.users import reviewing
from tests import factories
from tests.auth.changes_of_leave import handed


@pytest.fixture
def guard(sign_in):
    return sign_in(Role.SECURITY_ADMIN, name="安全员", login="guard")


def begun(client) -> AccessReview:
    client.post("/access-reviews")
    return db.session.scalars(select(AccessReview)).one()


def line_of(review: AccessReview, login: str):
    db.session.expire_all()
    return next(line for line in review.lines if line.login == login)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_who_has_what_and_was_last_here_is_written_down(guard):
    at = utcnow()
    module = factories.module(code="PACS")
    vendor = factories.user(login="vendor", last_sign_in_at=at - timedelta(days=91))
    ends = at + timedelta(days=3)
    vendor.grants.append(RoleGrant(role=Role.VENDOR, module_id=module.id, ends_at=ends))
    factories.user(role=Role.ENGINEER, login="li", last_sign_in_at=at)
    gone = factories.user(role=Role.HEAD, login="gone")
    gone.grants[0].ends_at = at - timedelta(days=1)
    review = begun(guard)
    assert {line.login for line in review.lines} == {"guard", "vendor", "li"}
    assert (line_of(review, "vendor").is_dormant, line_of(review, "li").is_dormant) == (True, False)
    page = guard.get(f"/access-reviews/{review.id}").text
    assert "PACS" in page
    assert "Not here for 90 days" in page
    assert actions() == ["access_review.begun"]


def test_each_line_is_kept_or_withdrawn_and_a_withdrawn_role_is_gone_at_once(guard):
    factories.user(role=Role.SYSTEM_ADMIN)
    li = factories.user(role=Role.ENGINEER, login="li")
    factories.user(role=Role.HEAD, login="wang")
    review = begun(guard)
    key = line_of(review, "li").id
    guard.post(f"/access-reviews/{review.id}/decide", data={"withdraw": str(key)})
    kept = line_of(review, "wang").id
    guard.post(f"/access-reviews/{review.id}/decide", data={"line": [str(kept)]})
    assert line_of(review, "li").decision is Kept.WITHDRAWN
    assert line_of(review, "wang").decision is Kept.KEPT
    assert db.session.get_one(User, li.id).grants == []
    assert actions() == ["access_review.begun", "user.role_taken", "access_review.kept"]


def test_it_is_signed_when_all_is_decided_by_ones_own_name_and_then_stays(sign_in, guard):
    factories.user(role=Role.ENGINEER, login="li")
    other = sign_in(Role.HEAD, login="wang")
    review = begun(guard)
    path = f"/access-reviews/{review.id}"
    page = guard.post(f"{path}/sign", data={"signature": "安全员"}, follow_redirects=True).text
    assert "Lines that nobody has decided: 3" in page
    for client, logins in ((guard, ("li", "wang")), (other, ("guard",))):
        keys = [str(line_of(review, login).id) for login in logins]
        client.post(f"{path}/decide", data={"line": keys})
    guard.post(f"{path}/sign", data={"signature": "别人"})
    assert line_of(review, "li").review.signed_at is None
    guard.post(f"{path}/sign", data={"signature": "安全员"})
    assert line_of(review, "li").review.signed_by == "安全员"
    key = line_of(review, "li").id
    page = guard.post(f"{path}/decide", data={"withdraw": str(key)}, follow_redirects=True).text
    assert "The review is signed" in page
    assert line_of(review, "li").decision is Kept.KEPT
    csv = guard.get(f"{path}/review.csv").text
    assert "li" in csv
    assert "Kept" in csv


def test_nobody_decides_their_own_role_while_another_could(sign_in, guard):
    sign_in(Role.HEAD, login="wang")
    review = begun(guard)
    key = line_of(review, "guard").id
    guard.post(f"/access-reviews/{review.id}/decide", data={"line": [str(key)]})
    assert line_of(review, "guard").decision is Kept.OPEN


def test_what_was_handed_over_is_listed_and_not_decided_by_either_of_the_two(sign_in, guard):
    giver = sign_in(Role.HEAD, login="wang", name="王敏")
    stand_in = sign_in(Role.ENGINEER, login="li")
    people = {user.login: user for user in db.session.scalars(select(User))}
    handed(people["wang"], people["li"])
    review = begun(guard)
    assert "Everywhere (for 王敏)" in guard.get(f"/access-reviews/{review.id}").text
    form = {"line": [str(line.id) for line in review.lines if line.role is Role.HEAD]}
    for client in (giver, stand_in):
        client.post(f"/access-reviews/{review.id}/decide", data=form)
        db.session.expire_all()
        assert {line.decision for line in review.lines} == {Kept.OPEN}
    guard.post(f"/access-reviews/{review.id}/decide", data=form)
    db.session.expire_all()
    assert {line.decision for line in review.lines if line.role is Role.HEAD} == {Kept.KEPT}


def test_who_stands_in_withdraws_nothing_of_the_givers_nor_the_giver_what_they_handed(
    sign_in, guard
):
    giver = sign_in(Role.HEAD, login="wang", name="王敏")
    stand_in = sign_in(Role.ENGINEER, login="li")
    people = {user.login: user for user in db.session.scalars(select(User))}
    handed(people["wang"], people["li"])
    review = begun(guard)
    lines = {line.login: line.id for line in review.lines if line.role is Role.HEAD}
    for client, login in ((stand_in, "wang"), (giver, "li")):
        client.post(f"/access-reviews/{review.id}/decide", data={"withdraw": str(lines[login])})
        db.session.expire_all()
        assert {line.decision for line in review.lines} == {Kept.OPEN}
        assert len(db.session.get_one(User, people["li"].id).grants) == 2


def test_a_head_withdraws_no_administrator_and_nobody_the_last_one(sign_in, guard):
    head = sign_in(Role.HEAD, login="wang")
    factories.user(role=Role.SYSTEM_ADMIN, login="chief")
    review = begun(guard)
    form = {"withdraw": str(line_of(review, "chief").id)}
    for client in (head, guard):
        client.post(f"/access-reviews/{review.id}/decide", data=form)
        assert line_of(review, "chief").decision is Kept.OPEN
    factories.user(role=Role.SYSTEM_ADMIN, login="second")
    head.post(f"/access-reviews/{review.id}/decide", data=form)
    assert line_of(review, "chief").decision is Kept.OPEN
    guard.post(f"/access-reviews/{review.id}/decide", data=form)
    assert line_of(review, "chief").decision is Kept.WITHDRAWN


def test_it_is_for_those_who_look_after_the_whole_hospital(sign_in):
    assert sign_in(Role.HEAD, site=factories.site()).get("/access-reviews").status_code == 403
    assert sign_in(Role.SYSTEM_ADMIN).get("/access-reviews").status_code == 403


def test_a_quarter_without_a_signature_is_said(app):
    factories.user(role=Role.HEAD)
    made = db.session.scalars(select(User)).one().created_at
    assert not reviewing.is_due(at=made + timedelta(days=90))
    assert reviewing.is_due(at=made + timedelta(days=100))
    signed = AccessReview(
        begun_at=made, begun_by="甲", signed_at=made + timedelta(days=50), signed_by="甲"
    )
    db.session.add(signed)
    assert not reviewing.is_due(at=made + timedelta(days=100))


def test_the_judges_of_ones_own_line_are_listed_as_the_language_lists_them(sign_in, guard):
    for login, name in (("wang", "王敏"), ("zhao", "赵一")):
        sign_in(Role.HEAD, login=login, name=name)
    review = begun(guard)
    form = {"line": [str(line.id) for line in review.lines]}
    path = f"/access-reviews/{review.id}/decide"
    guard.post("/look", data={"language": "zh_Hans", "from": path})
    page = guard.post(path, data=form, follow_redirects=True).text
    assert page.count("王敏、赵一") == 2
    assert "王敏, 赵一" not in page


def test_ones_own_line_is_named_and_left_while_the_others_are_kept(sign_in, guard):
    sign_in(Role.HEAD, login="wang", name="王敏")
    factories.user(role=Role.ENGINEER, login="li")
    review = begun(guard)
    path = f"/access-reviews/{review.id}"
    form = {"line": [str(line.id) for line in review.lines]}
    page = guard.post(f"{path}/decide", data=form, follow_redirects=True).text
    assert "安全员, Security administrator: that is your own" in page
    assert "It stays open for somebody else: 王敏" in page
    assert "Yours: somebody else judges it (王敏)" in page
    decided = {login: line_of(review, login).decision for login in ("guard", "wang", "li")}
    assert decided == {"guard": Kept.OPEN, "wang": Kept.KEPT, "li": Kept.KEPT}
    key = line_of(review, "guard").id
    assert f'name="line" value="{key}"' not in page
    page = guard.post(f"{path}/decide", data={"line": [str(key)]}, follow_redirects=True).text
    assert "安全员, Security administrator: that is your own" in page
    assert actions() == ["access_review.begun", "access_review.kept"]


@pytest.mark.parametrize(
    "other",
    [
        {"role": Role.HEAD, "is_enabled": False},
        {"role": Role.HEAD, "is_demo": True},
        {"role": Role.ENGINEER},
    ],
)
def test_who_is_alone_judges_themselves_and_the_record_says_so(guard, other):
    factories.user(login="other", **other)
    review = begun(guard)
    path = f"/access-reviews/{review.id}"
    assert "nobody else could judge it" in guard.get(path).text
    guard.post(f"{path}/decide", data={"line": [str(line.id) for line in review.lines]})
    guard.post(f"{path}/sign", data={"signature": "安全员"})
    line = line_of(review, "guard")
    assert (line.review.signed_by, line.by_themselves) == ("安全员", True)
    assert "安全员, about themselves: nobody else could judge it" in guard.get(path).text
    assert "about themselves" in guard.get(f"{path}/review.csv").text
    kept = select(AuditEntry.after).where(AuditEntry.action == "access_review.kept")
    told = db.session.scalars(kept).one() or {}
    assert told["by_themselves"] == ["guard: security_admin"]


def test_who_calls_themselves_otherwise_is_the_same_person(sign_in, guard):
    sign_in(Role.HEAD, login="wang")
    review = begun(guard)
    key = line_of(review, "guard").id
    own = db.session.scalars(select(User).where(User.login == "guard")).one()
    own.login = "another"
    db.session.commit()
    guard.post(f"/access-reviews/{review.id}/decide", data={"line": [str(key)]})
    assert line_of(review, "guard").decision is Kept.OPEN


def test_ones_own_line_that_another_kept_has_no_button(sign_in, guard):
    other = sign_in(Role.HEAD, login="wang")
    review = begun(guard)
    path, key = f"/access-reviews/{review.id}", line_of(review, "guard").id
    other.post(f"{path}/decide", data={"line": [str(key)]})
    assert line_of(review, "guard").decision is Kept.KEPT
    assert f'name="withdraw" value="{key}"' not in guard.get(path).text
    assert f'name="withdraw" value="{key}"' in other.get(path).text


def test_who_has_the_right_only_from_another_day_on_is_nobody_yet(guard):
    later = factories.user(role=Role.HEAD, login="later")
    later.grants[0].starts_at = utcnow() + timedelta(days=3)
    review = begun(guard)
    key = line_of(review, "guard").id
    guard.post(f"/access-reviews/{review.id}/decide", data={"line": [str(key)]})
    assert line_of(review, "guard").by_themselves
