"""Leave: a colleague stands in for a time, for no more than the person on leave may do."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from itops.clock import utcnow
from itops.db import db
from itops.models import Role, RoleGrant
from tests import factories
from tests.auth.programs import Program, token_of
from tests.views.users.leaves import account, boss, days, hand, handed_to, log


def test_a_colleague_stands_in_and_both_read_it_plainly(wang, li):
    assert li.get("/tickets/limits").status_code == 403
    assert hand(wang, "li", "wang").status_code == 302
    assert "李强 stands in" in wang.get("/account/leave").text
    for path in ("/account", "/today"):
        page = li.get(path).text
        assert "You stand in for 王敏 until" in page, path
    assert "for 王敏" in li.get("/account/leave").text
    assert li.get("/tickets/limits").status_code == 200
    (entry,) = log()
    assert entry.action == "user.handed_over"
    assert entry.after["handed_by"] == "王敏"
    assert entry.after["grants"][-1]["stands_in_for"] == "王敏"


def test_it_begins_and_ends_by_itself(wang, li):
    hand(wang, "li", "wang", **days(2, 4))
    assert "not yet" in wang.get("/account/leave").text
    assert li.get("/tickets/limits").status_code == 403
    assert "You stand in" not in li.get("/today").text
    (grant,) = handed_to("li")
    grant.starts_at = utcnow() - timedelta(days=1)
    db.session.commit()
    assert li.get("/tickets/limits").status_code == 200
    (grant,) = handed_to("li")
    grant.ends_at = utcnow()
    db.session.commit()
    assert li.get("/tickets/limits").status_code == 403
    assert "ended" in wang.get("/account/leave").text


@pytest.mark.parametrize("who", ["wang", "li"])
def test_it_is_taken_back_or_given_back_at_once(wang, li, who):
    hand(wang, "li", "wang")
    (grant,) = handed_to("li")
    client = {"wang": wang, "li": li}[who]
    assert client.post(f"/account/leave/{grant.id}/end").status_code == 302
    assert handed_to("li") == []
    assert li.get("/tickets/limits").status_code == 403
    assert [entry.action for entry in log()] == ["user.handed_over", "user.handed_back"]


def test_nobody_ends_what_is_between_two_others_or_a_role_of_their_own(wang, li, sign_in):
    hand(wang, "li", "wang")
    (grant,) = handed_to("li")
    other = sign_in(Role.ENGINEER)
    own = account("li").grants[0].id
    assert other.post(f"/account/leave/{grant.id}/end").status_code == 404
    assert li.post(f"/account/leave/{own}/end").status_code == 404
    assert len(handed_to("li")) == 1


def test_it_ends_at_once_with_the_givers_own_role(wang, li, sign_in):
    hand(wang, "li", "wang")
    chief = boss(sign_in)
    giver = account("wang")
    chief.post(f"/users/{giver.id}/roles/{giver.grants[0].id}/take")
    assert handed_to("li") == []
    assert li.get("/tickets/limits").status_code == 403
    assert log()[-1].before["handed_on"] == ["李强: head"]


def test_it_ends_at_once_when_the_giver_is_shut_out_and_does_not_come_back(wang, li, sign_in):
    hand(wang, "li", "wang")
    chief = boss(sign_in)
    key = account("wang").id
    assert chief.post(f"/users/{key}/shut").status_code == 302
    assert li.get("/tickets/limits").status_code == 403
    assert log()[-1].before == {"handed_on": ["李强: head"]}
    chief.post(f"/users/{key}/open")
    assert handed_to("li") == []


def test_it_ends_with_the_givers_own_role_at_the_latest(wang, li):
    ends = utcnow() + timedelta(days=3)
    (own,) = account("wang").grants
    own.ends_at = ends
    db.session.commit()
    hand(wang, "li", "wang")
    assert handed_to("li")[0].ends_at == ends


def test_it_is_not_handed_on(wang, li, sign_in, kept):
    person = account("li")
    person.password_hash = kept
    factories.user(role=Role.ENGINEER, login="zhao")
    hand(wang, "li", "wang")
    (grant,) = handed_to("li")
    answer = hand(li, "zhao", "li", grant=[str(grant.id)])
    assert answer.status_code == 422
    assert "Tick at least one role" in answer.text
    assert handed_to("zhao") == []


def test_what_was_handed_over_gives_no_role_and_opens_no_account(wang, sign_in):
    """Else it would outlast the leave."""
    admin = sign_in(Role.SYSTEM_ADMIN, login="admin")
    nurse = factories.user(role=Role.REPORTER)
    hand(wang, "admin", "wang")
    assert admin.get("/tickets/limits").status_code == 200
    assert admin.post(f"/users/{nurse.id}/roles", data={"role": "head"}).status_code == 422
    assert admin.post(f"/users/{account('wang').id}/link").status_code == 409


def test_a_program_gets_nothing_of_it(app, wang, sign_in):
    """A token lives longer than a leave, and nobody stands behind it."""
    contact = sign_in(Role.DEPARTMENT_CONTACT, login="nurse", department=factories.department())
    assert contact.get("/hosts").status_code == 403
    hand(wang, "nurse", "wang")
    assert contact.get("/hosts").status_code == 200
    program = Program(app, token_of(account("nurse")))
    assert program.get("/api/v1/hosts").status_code == 403
    assert program.get("/api/v1/assets").status_code == 200


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_an_administrators_role_stays_where_it_is(sign_in, li, kept, role):
    admin = sign_in(role, login="admin", password_hash=kept)
    assert "Nothing to hand over" in admin.get("/account/leave").text
    assert hand(admin, "li", "admin").status_code == 422
    assert handed_to("li") == []
    row = RoleGrant(role=role, starts_at=utcnow(), ends_at=utcnow())
    row.delegated_from, row.user = account("admin").grants[0], account("li")
    db.session.add(row)
    with pytest.raises(IntegrityError):  # and the database lets nobody write it
        db.session.flush()
    db.session.rollback()


def test_what_a_guest_has_stays_where_it_is(sign_in, li, kept):
    vendor = sign_in(Role.REPORTER, login="vendor", password_hash=kept)
    ends = utcnow() + timedelta(days=9)
    guest = account("vendor")
    guest.grants = [
        RoleGrant(role=Role.VENDOR, module_id=factories.module().id, ends_at=ends),
        RoleGrant(role=Role.INSPECTOR, ends_at=ends),
    ]
    db.session.commit()
    assert hand(vendor, "li", "vendor").status_code == 422
    assert handed_to("li") == []


def test_nobody_hands_over_what_another_has(wang, li, sign_in):
    other = factories.user(role=Role.DIRECTOR, login="other")
    answer = hand(wang, "li", "wang", grant=[str(other.grants[0].id)])
    assert answer.status_code == 422
    assert handed_to("li") == []


def test_it_holds_where_the_giver_has_it_and_nowhere_else(sign_in, kept):
    here, there = factories.site(name="本院"), factories.site(name="外院")
    giver = sign_in(Role.HEAD, login="wang", site=here, password_hash=kept)
    stand_in = sign_in(Role.ENGINEER, login="li", site=here)
    factories.user(role=Role.ENGINEER, login="far", name="外人", site=there)
    page = giver.get("/account/leave").text
    assert "(li)" in page
    assert "外人" not in page
    assert hand(giver, "far", "wang").status_code == 422
    hand(giver, "li", "wang")
    inside, outside = factories.ticket(site_id=here.id), factories.ticket(site_id=there.id)
    assert stand_in.get(f"/tickets/{inside.id}").status_code == 200
    assert stand_in.get(f"/tickets/{outside.id}").status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"to": "999999"}, "Choose one of the colleagues"),
        ({"to": ""}, "Choose one of the colleagues"),
        ({"grant": []}, "Tick at least one role"),
        ({"ends_on": "31 Feb"}, "Write a day"),
        ({"ends_on": "2020-01-01"}, "The last day is over"),
        (days(0, 500), "At most 366 days"),
        ({"present": "wrong"}, "not the present password"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_handed_over(wang, li, given, words):
    answer = hand(wang, "li", "wang", **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert handed_to("li") == []


def test_twice_for_the_same_days_is_refused(wang, li):
    hand(wang, "li", "wang")
    assert "stands in for some of those days already" in hand(wang, "li", "wang").text
    assert hand(wang, "li", "wang", **days(20, 25)).status_code == 302
    assert len(handed_to("li")) == 2
