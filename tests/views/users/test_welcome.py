"""One-time links: they set a password once, and then never again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, LinkPurpose, OneTimeLink, Role, User
from itops.services.users.accounts import first_administrator
from itops.services.users.one_time_links import make_link
from tests import factories

GOOD = {"password": "a good long sentence", "again": "a good long sentence"}


@pytest.fixture
def person(app):
    return factories.user(role=Role.ENGINEER, login="zhang")


def link_for(person: User, purpose: LinkPurpose = LinkPurpose.SET_PASSWORD, **given: Any) -> str:
    return f"/welcome/{make_link(person, purpose, at=utcnow(), **given)}"


def test_the_first_administrator_sets_a_password_and_begins(client):
    token = first_administrator(at=utcnow())
    assert client.get(f"/welcome/{token}").status_code == 200
    assert client.post(f"/welcome/{token}", data=GOOD).location == "/first-steps"
    assert "itops.toml" in client.get("/first-steps").text
    db.session.expire_all()
    assert first_administrator(at=utcnow()) is None


def test_the_first_administrator_says_who_they_are(client):
    link = f"/welcome/{first_administrator(at=utcnow())}"
    assert 'name="name"' in client.get(link).text

    for wrong in ("", "王\x07"):
        refused = client.post(link, data={**GOOD, "name": wrong})
        assert refused.status_code == 422
        assert 'id="name-error"' in refused.text

    assert client.post(link, data={**GOOD, "name": " 王秀英 "}).status_code == 302
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry
    assert (entry.action, entry.actor_name) == ("user.password_set", "王秀英")
    assert entry.after == {"name": "王秀英"}
    assert db.session.scalars(select(User.name)).all() == ["王秀英"]


def test_nobody_after_the_first_names_themselves(client, person):
    factories.user(role=Role.SYSTEM_ADMIN, password_hash="x")
    link = link_for(person)
    assert 'name="name"' not in client.get(link).text
    client.post(link, data={**GOOD, "name": "somebody else"})
    db.session.expire_all()
    assert person.name != "somebody else"


def test_the_first_steps_say_what_is_done_and_lead_to_each_page(sign_in):
    client = sign_in(Role.SYSTEM_ADMIN)
    before = client.get("/first-steps").text
    assert all(f'href="{url}"' in before for url in ("/places", "/users/new"))
    factories.host(asset=None)
    after = client.get("/first-steps").text
    assert after.count("not yet") == before.count("not yet") - 1


def test_until_then_each_start_gives_a_new_link_for_the_same_account(client):
    first, second = (first_administrator(at=utcnow()) for _ in range(2))
    assert client.get(f"/welcome/{first}").status_code == 410
    assert client.get(f"/welcome/{second}").status_code == 200


def test_opening_a_link_does_not_use_it_up(client, person):
    link = link_for(person)
    assert [client.get(link).status_code for _ in range(3)] == [200, 200, 200]
    assert client.post(link, data=GOOD).status_code == 302
    assert client.post(link, data=GOOD).status_code == 410
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "short", "again": "short"}, "Too short"),
        ({"password": "zhang zhang zhang!", "again": "zhang zhang zhang!"}, "login name must not"),
        ({"password": "a good long sentence", "again": "a goof long sentence"}, "not the same"),
        ({}, "Too short"),
    ],
)
def test_a_password_that_may_not_be_one_leaves_the_link_as_it_was(client, person, typed, words):
    link = link_for(person)
    answer = client.post(link, data=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert typed.get("password", "?") not in answer.text.replace(words, "")
    assert client.get(link).status_code == 200
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_a_link_ends_after_its_time_and_with_its_account(client, person):
    link = link_for(person, valid_for=timedelta(seconds=-1))
    assert client.get(link).status_code == 410
    link = link_for(person)
    person.is_enabled = False
    assert client.post(link, data=GOOD).status_code == 410


def test_of_two_links_only_the_newer_works(client, person):
    older, newer = link_for(person), link_for(person)
    assert client.get(older).status_code == 410
    assert client.get(newer).status_code == 200


def test_a_new_password_signs_every_other_browser_out(client, sign_in):
    other = sign_in(Role.ENGINEER, login="li")
    li = db.session.scalars(select(User).where(User.login == "li")).one()
    client.post(link_for(li), data=GOOD)
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_a_link_signs_in_to_a_demo_account_once(client, app):
    demo = factories.user(role=Role.DIRECTOR, is_demo=True)
    link = link_for(demo, LinkPurpose.SIGN_IN)
    assert "demo hospital" in client.get(link).text
    assert client.post(link).location == "/start"
    assert client.get("/account").status_code == 200
    assert app.test_client().post(link).status_code == 410


def test_the_link_of_another_purpose_sets_no_password(client):
    demo = factories.user(role=Role.DIRECTOR, is_demo=True)
    link = link_for(demo, LinkPurpose.SIGN_IN)
    client.post(link, data=GOOD)
    db.session.expire_all()
    assert demo.password_hash == ""


def test_the_token_stands_nowhere_in_the_database(client, person):
    token = link_for(person).rpartition("/")[2]
    row = db.session.scalars(select(OneTimeLink)).one()
    assert token.encode() not in row.token_hash
    db.session.execute(update(OneTimeLink).values(used_at=None))


@pytest.mark.parametrize(
    "page", ["/assets/new", "/assets/import", "/tickets/new", "/maintenance/plans/new?blank=1"]
)
def test_without_a_site_each_form_leads_to_where_one_is_made(page, client, sign_in):
    client.post(f"/welcome/{first_administrator(at=utcnow())}", data=GOOD)
    main = client.get(page).text.partition("<main")[2]
    assert 'class="btn go" href="/places"' in main
    engineer = sign_in(Role.ENGINEER)
    assert 'href="/places"' not in engineer.get("/tickets/new").text


def test_without_an_asset_the_page_of_labels_leads_to_the_register(sign_in):
    page = sign_in(Role.ENGINEER).get("/labels").text
    assert 'class="btn go" href="/assets"' in page
