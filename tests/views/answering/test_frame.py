"""What stands around a page: only where its reader may go, in their language and light."""

import re

import pytest

from itops.auth.permissions import GRANTS, Permission
from itops.db import db
from itops.models import Enrolment, Role, SiteKind
from itops.views.answering.frame import ENTRIES, is_open
from itops.views.answering.nav_counts import COUNTS
from tests import factories
from tests.queries import counted


def places(page: str) -> set[str]:
    """Return where the navigation leads, but for the phone's own entries (`.shut`)."""
    return set(re.findall(r'<li><a class="to" href="([^"#]+)"', page))


@pytest.mark.parametrize("role", Role)
def test_the_navigation_has_what_its_reader_may_open_and_nothing_else(app, sign_in, role):
    page = sign_in(role).get("/preferences").text
    allowed = {
        entry.endpoint
        for entry in ENTRIES
        if entry.endpoint in app.view_functions
        and not entry.is_of_three  # tests/views/users/test_three_administrators.py
        and role in GRANTS[app.view_functions[entry.endpoint].permission]
        and (entry.permission is None or role in GRANTS[entry.permission])
    }
    with app.test_request_context():
        assert places(page) == {app.url_for(endpoint) for endpoint in allowed}


def test_an_entry_without_a_page_is_left_out(app):
    with app.test_request_context():
        assert not is_open("no_such.page")


def test_the_entry_of_this_page_is_marked(sign_in):
    page = sign_in(Role.ENGINEER).get("/").text
    assert re.search(r'href="/" aria-current="page"', page)


def test_every_entry_has_a_key_of_its_own():
    assert len({entry.letter for entry in ENTRIES}) == len(ENTRIES)
    assert sum(entry.is_main for entry in ENTRIES) <= 4


def test_a_page_names_its_reader_and_a_printed_one_its_hospital(sign_in):
    page = sign_in(Role.ENGINEER, name="李建国").get("/").text
    assert "Printed by 李建国" in page
    assert "Test hospital" in page


def test_demo_data_is_marked_as_long_as_there_is_any(sign_in):
    client = sign_in(Role.ENGINEER)
    assert "Demo data" not in client.get("/").text
    factories.site(kind=SiteKind.COUNTY_HOSPITAL, is_demo=True)
    db.session.commit()
    assert "Demo data" in client.get("/").text
    assert "Demo data" in client.get("/preferences").text


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("dark", ' data-theme="dark"'),
        ("light", ' data-theme="light"'),
        ("system", ""),
        ('"><b', ""),
    ],
)
def test_the_chosen_light_is_written_by_the_server(client, cookie, expected):
    client.set_cookie("theme", cookie)
    assert f'<html lang="en"{expected}>' in client.get("/preferences").text


@pytest.mark.parametrize(
    ("name", "choice"), [("theme", "dark"), ("language", "zh_Hans"), ("keys", "off")]
)
def test_a_choice_is_kept_in_the_browser(client, name, choice):
    answer = client.post("/look", data={name: choice, "from": "/preferences"})
    assert answer.headers["Location"] == "/preferences"
    assert client.get_cookie(name).value == choice
    page = client.get("/preferences").text
    assert re.search(rf'name="{name}" value="{choice}" aria-current="true"', page)


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil", "x"])
def test_a_choice_leads_back_to_a_page_of_ours(client, away):
    answer = client.post("/look", data={"theme": "dark", "from": away})
    assert answer.headers["Location"] == "/"


def test_the_page_of_a_language_names_it(client):
    client.set_cookie("language", "zh_Hans")
    page = client.get("/preferences").text
    assert '<html lang="zh-Hans">' in page
    assert "跟随系统" in page


def test_single_keys_that_are_off_are_off(sign_in):
    client = sign_in(Role.ENGINEER)
    assert "<body data-keys>" in client.get("/").text
    client.set_cookie("keys", "off")
    assert "<body>" in client.get("/").text


def test_everyone_who_is_signed_in_may_be_here():
    assert GRANTS[Permission.BE_HERE] == set(Role)


@pytest.mark.parametrize(("role", "count"), [(Role.ENGINEER, 2), (Role.DIRECTOR, 0)])
def test_who_lets_machines_in_sees_on_every_page_how_many_wait(sign_in, role, count):
    for enrolment in (Enrolment.PENDING, Enrolment.PENDING, Enrolment.REVOKED):
        factories.host(enrolment=enrolment)
    page = sign_in(role).get("/account").text
    shown = re.search(r'href="/hosts".*?<span class="n st unk">.*?(\d+)<span', page)
    assert int(shown[1] if shown else 0) == count


def test_the_counts_of_the_navigation_stay_within_their_readers_reach(sign_in):
    factories.host(enrolment=Enrolment.PENDING, site=factories.site())
    mine = factories.site(kind=SiteKind.TOWNSHIP_CENTRE)
    assert 'class="n st' not in sign_in(Role.ENGINEER, site=mine).get("/account").text


def test_a_page_asks_one_question_for_each_count_at_most(sign_in):
    client = sign_in(Role.ENGINEER)
    for entry in COUNTS:
        assert entry in {one.key for one in ENTRIES}
    with counted() as statements:
        client.get("/preferences")
    counts = [one for one in statements if "count(" in one.lower()]
    assert len(counts) <= len(COUNTS)


@pytest.mark.parametrize(("role", "is_bare"), [(Role.HEAD, False), (Role.REPORTER, True)])
def test_the_line_above_the_rest_is_left_out_where_there_is_no_rest(sign_in, role, is_bare):
    page = sign_in(role).get("/preferences").text
    assert ('class="rest bare"' in page) == is_bare


def test_health_is_not_offered_to_who_would_only_be_turned_away(sign_in):
    page = sign_in(Role.DEPARTMENT_CONTACT).get("/account").text
    assert "/tickets" in places(page)
    assert "/" not in places(page)


def test_about_is_offered_only_to_whose_rights_reach_everywhere(sign_in):
    everywhere = sign_in(Role.SYSTEM_ADMIN)
    assert 'href="/about"' in everywhere.get("/account").text
    one_site = sign_in(Role.HEAD, site=factories.site())
    assert 'href="/about"' not in one_site.get("/account").text


def test_two_searches_on_a_page_are_told_apart(sign_in):
    client = sign_in(Role.SYSTEM_ADMIN)
    for page in ("/users", "/assets"):
        names = re.findall(r'role="search" aria-label="([^"]+)"', client.get(page).text)
        assert len(names) == client.get(page).text.count('role="search"') == len(set(names)) == 2
