"""The people pages: who may see, make, change and shut whom."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Role, RoleGrant, User
from tests import factories
from tests.views.forms_read import Form

WANG = {"login": "Wang.Min", "name": "王敏", "email": "", "phone": "8120", "language": ""}
#: What an office of one begins with.
ALL = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.HEAD)


@pytest.fixture
def chief(sign_in):
    """A browser of somebody who may do everything."""
    client = sign_in(Role.SYSTEM_ADMIN, login="chief", name="总管")
    boss = account("chief")
    boss.password_hash = "x"
    for role in ALL[1:]:
        boss.grants.append(RoleGrant(role=role))
    db.session.commit()
    return client


def account(login: str) -> User:
    db.session.expire_all()
    return db.session.scalars(select(User).where(User.login == login)).one()


def log() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def roles_of(user: User) -> list[Role]:
    return [grant.role for grant in user.grants]


def test_a_new_person_gets_a_role_and_a_link_that_is_shown_once(chief, client):
    page = chief.post("/users/new", data=WANG | {"role": "engineer"}).text
    link = re.search(r"http://127\.0\.0\.1:8080(/welcome/\S+?)<", page)
    assert link
    assert client.get(link[1]).status_code == 200
    wang = account("wang.min")
    assert roles_of(wang) == [Role.ENGINEER]
    assert "/welcome/" not in chief.get(f"/users/{wang.id}").text
    assert log() == ["user.created"]
    assert link[1].rpartition("/")[2] not in str(db.session.scalars(select(AuditEntry.after)).all())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"login": "chief"}, "called chief already"),
        ({"login": "a b"}, "small letters"),
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 121}, "Write a name"),
        ({"email": "nobody"}, "Write an address"),
        ({"phone": "<b>"}, "Write digits"),
        ({"language": "fr"}, "one of the languages"),
        ({"role": "king"}, "Choose one of the roles"),
        ({"role": "vendor"}, "write its last day"),
        ({"role": "vendor", "ends_on": "31 Feb"}, "Write a day"),
        ({"role": "engineer", "site": "999999"}, "sites in the list"),
        ({"role": "engineer", "department": "x"}, "departments in the list"),
        ({"role": "department_contact"}, "choose it"),
    ],
)
def test_what_is_wrong_is_named_what_was_typed_stays_and_nothing_is_made(chief, typed, words):
    answer = chief.post("/users/new", data=WANG | typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="8120"' in answer.text or "phone" in typed
    assert db.session.scalars(select(User)).all() == [account("chief")]
    assert log() == []


def test_nobody_gives_what_they_lack(sign_in):
    admin = sign_in(Role.SYSTEM_ADMIN)
    for role in ("engineer", "head", "audit_admin", "security_admin"):
        answer = admin.post("/users/new", data=WANG | {"role": role})
        assert "You can’t give what you don’t have" in answer.text.replace("&#39;", "’"), role
    assert admin.post("/users/new", data=WANG | {"role": "director"}).status_code == 200


def test_nobody_changes_who_may_do_more_than_they(sign_in):
    head = factories.user(role=Role.AUDIT_ADMIN, name="审计")
    admin = sign_in(Role.SYSTEM_ADMIN)
    page = admin.get(f"/users/{head.id}").text
    assert "may do things that you may not" in page
    for path in ("edit", "link", "shut", "open", "roles"):
        answer = admin.post(f"/users/{head.id}/{path}", data=WANG | {"role": "director"})
        assert answer.status_code == 409, path
    assert log() == []


def test_nobody_changes_their_own_roles_or_shuts_themselves(chief):
    me = account("chief")
    for path, typed in (
        ("roles", {"role": "director"}),
        (f"roles/{me.grants[0].id}/take", {}),
        ("shut", {}),
    ):
        page = chief.post(f"/users/{me.id}/{path}", data=typed, follow_redirects=True).text
        assert "ask another administrator" in page, path
    assert len(account("chief").grants) == len(ALL)
    assert log() == []


def test_somebody_who_manages_one_site_sees_its_people_only(sign_in):
    town, city = factories.site(name="镇"), factories.site(name="城")
    own = factories.user(role=Role.DIRECTOR, site=town, name="本镇人")
    other = factories.user(role=Role.DIRECTOR, site=city, name="外镇人")
    both = factories.user(role=Role.DIRECTOR, site=town, name="两地人")
    both.grants.append(RoleGrant(role=Role.DIRECTOR, site_id=city.id))
    admin = sign_in(Role.SYSTEM_ADMIN, site=town)
    page = admin.get("/users").text
    assert "本镇人" in page
    assert "外镇人" not in page
    assert "两地人" not in page
    assert admin.get(f"/users/{own.id}").status_code == 200
    for user in (other, both):
        assert admin.get(f"/users/{user.id}").status_code == 404
        for path in ("edit", "link", "shut", "open", "roles"):
            assert admin.post(f"/users/{user.id}/{path}").status_code == 404


def test_a_role_at_another_site_is_not_theirs_to_give(sign_in):
    town, city = factories.site(), factories.site()
    ward = factories.department(site=city)
    admin = sign_in(Role.SYSTEM_ADMIN, site=town)
    person = factories.user(role=Role.DIRECTOR, site=town)
    for place in ({}, {"site": city.id}, {"department": ward.id}):
        answer = admin.post(f"/users/{person.id}/roles", data={"role": "reporter"} | place)
        assert answer.status_code == 422
    answer = admin.post(f"/users/{person.id}/roles", data={"role": "reporter", "site": town.id})
    assert answer.status_code == 302
    assert admin.post("/users/new", data=WANG).status_code == 422


def test_a_role_is_given_until_a_day_and_taken_away(chief):
    ward = factories.department()
    person = factories.user()
    typed = {"role": "department_contact", "department": ward.id, "ends_on": "2099-12-31"}
    assert chief.post(f"/users/{person.id}/roles", data=typed).status_code == 302
    page = chief.get(f"/users/{person.id}").text
    assert "Department contact" in page
    assert "2099-12-31" in page
    (grant,) = account(person.login).grants
    assert grant.site_id == ward.site_id
    assert "has that role there already" in chief.post(f"/users/{person.id}/roles", data=typed).text
    assert chief.post(f"/users/{person.id}/roles/{grant.id}/take").status_code == 302
    assert account(person.login).grants == []
    assert log() == ["user.role_given", "user.role_taken"]


def test_the_role_of_one_person_is_not_taken_through_another(chief):
    one, two = factories.user(role=Role.DIRECTOR), factories.user(role=Role.DIRECTOR)
    answer = chief.post(f"/users/{one.id}/roles/{two.grants[0].id}/take")
    assert answer.status_code == 404


def test_a_demo_site_takes_no_real_person(chief):
    site = factories.site(is_demo=True)
    person = factories.user()
    answer = chief.post(f"/users/{person.id}/roles", data={"role": "director", "site": site.id})
    assert "demo hospital" in answer.text


def test_a_lost_race_shows_both_versions_and_keeps_what_was_typed(chief):
    person = factories.user(name="旧名")
    read = Form(chief.get(f"/users/{person.id}/edit").text, wanted="name").fields
    person.name = person.email = "other@hospital.example"
    answer = chief.post(f"/users/{person.id}/edit", data=read | WANG | {"email": ""})
    assert answer.status_code == 409
    assert ">other@hospital.example</td>" in answer.text
    assert 'value="王敏"' in answer.text
    again = Form(answer.text, wanted="name").fields
    assert again["email"] == "other@hospital.example"
    answer = chief.post(f"/users/{person.id}/edit", data=again)
    assert answer.status_code == 302
    assert log() == ["user.edited"]


def test_a_shut_account_is_out_with_its_next_request_and_can_be_opened_again(chief, sign_in):
    browser = sign_in(Role.ENGINEER, login="li")
    li = account("li")
    assert "1 browser" in chief.get(f"/users/{li.id}/shut").text
    assert chief.post(f"/users/{li.id}/shut").status_code == 302
    assert browser.get("/account").status_code == 302
    assert (
        "is shut: open it first" in chief.post(f"/users/{li.id}/link", follow_redirects=True).text
    )
    chief.post(f"/users/{li.id}/open")
    assert account("li").is_enabled
    assert log() == ["user.shut", "user.opened"]


def test_the_last_administrator_stays(chief):
    other = factories.user(role=Role.SYSTEM_ADMIN)
    account("chief").grants[0].ends_at = None
    assert chief.post(f"/users/{other.id}/shut").status_code == 302
    assert not account(other.login).is_enabled


def test_the_list_is_searched_filtered_and_paged(chief):
    for number in range(130):
        factories.user(name=f"护士{number:03}", login=f"nurse{number:03}")
    locked = factories.user(name="被停", is_enabled=False, role=Role.DIRECTOR)
    first = chief.get("/users?q=nurse").text
    assert "护士099" in first
    assert "护士100" not in first
    following = re.search(r'href="(/users\?[^"]*after_id=\d+)"', first)
    assert following
    assert "护士129" in chief.get(following[1].replace("&amp;", "&")).text
    assert locked.name in chief.get("/users?state=shut&role=director").text
    assert "Nobody is like that" in chief.get("/users?q=100%25").text


@pytest.mark.parametrize(
    "query", ["after_id=99999999999999999999&after_name=x", "role=king&state=x"]
)
def test_nonsense_in_the_address_chooses_nothing(chief, query):
    assert chief.get(f"/users?{query}").status_code == 200


def test_a_name_is_text_and_never_markup(chief):
    evil = "<img src=x onerror=alert(1)>"
    person = factories.user(
        name=evil, login="evil", email="a@b", phone=evil[:40], role=Role.DIRECTOR
    )
    for path in (
        "/users",
        f"/users/{person.id}",
        f"/users/{person.id}/edit",
        f"/users/{person.id}/shut",
    ):
        page = chief.get(path).text
        assert "<img" not in page
        assert "&lt;img" in page


def test_a_form_gives_no_field_that_it_does_not_show(chief):
    extra = {"is_demo": "1", "password_hash": "x", "id": "7", "failures": "-9", "is_enabled": ""}
    chief.post("/users/new", data=WANG | extra)
    wang: Any = account("wang.min")
    assert (wang.is_demo, wang.password_hash, wang.is_enabled, wang.failures) == (
        False,
        "",
        True,
        0,
    )


def test_a_role_that_is_held_of_many_things_is_named_once(chief):
    vendor = factories.user(login="vendor", name="厂商甲")
    vendor.grants += [
        RoleGrant(
            role=Role.VENDOR,
            asset_id=factories.asset().id,
            ends_at=datetime(2099, 1, 1, tzinfo=UTC),
        )
        for _ in range(3)
    ]
    db.session.commit()
    row = chief.get("/users").text.partition("厂商甲")[2].partition("</tr>")[0]
    assert row.count("Vendor") == 1
    assert "× 3" in row
