"""A refused form says what is wrong at the field that it is wrong in, for every form there is."""

import re

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.auth.test_hostile_forms import EVERYTHING, LAST, OTHERS

#: What some field of each form can't hold: nothing, too much, no number, no day, the past.
WRONG = ("", "x" * 5000, "9" * 20, "²", "-1", "2026-02-30", "1999-01-01")
BOX = re.compile(r'<div class="say crit" role="alert">(.*?)</div></div>', re.DOTALL)
LINK = re.compile(r'<a href="#([^"]+)">([^<]*)</a>')
REFUSED = {400, 409, 422}


@pytest.fixture
def chief(sign_in):
    """Somebody who may do everything everywhere."""
    client = sign_in(Role.HEAD, login="chief")
    user = db.session.scalars(select(User).where(User.login == "chief")).one()
    user.grants += [RoleGrant(role=role) for role in Role if role is not Role.HEAD]
    db.session.commit()
    return client


def astray(page: str) -> list[str]:
    """Return the fields that are named on top of a page and bear no error, or no name, below."""
    found = [link for box in BOX.findall(page) for link in LINK.findall(box)]
    return [
        name
        for name, label in found
        if f'id="{name}"' not in page or f'id="{name}-error"' not in page or label == name
    ]


@pytest.mark.slow
@pytest.mark.parametrize("sites", [1, 2])
@pytest.mark.parametrize("endpoint", sorted(set(EVERYTHING) - LAST - OTHERS))
def test_each_error_stands_at_a_field_of_the_page(chief, endpoint, sites, is_full):
    """Each value in both hospitals with --full, else in one of them."""
    user = db.session.scalars(select(User).where(User.login == "chief")).one()
    path, form = EVERYTHING[endpoint](user)
    if sites > 1:
        factories.site()
    values = WRONG if is_full else WRONG[sites - 1 :: 2]
    for field in sorted(set(form) - {"version"}):
        for value in values:
            answer = chief.post(path, data=form | {field: value})
            if answer.status_code in REFUSED:
                assert astray(answer.text) == [], (field, value[:20])


def given(chief, **form: str) -> str:
    """Return the page after somebody gave a role to a real person."""
    return str(chief.post(f"/users/{factories.user().id}/roles", data=form).text)


def wrong_in(page: str) -> list[str]:
    return [name for box in BOX.findall(page) for name, _label in LINK.findall(box)]


def test_a_vendor_who_is_given_a_thing_of_the_demo_is_told_so_at_the_things(chief):
    asset = factories.asset(is_demo=True)
    page = given(chief, role="vendor", things=asset.tag, ends_on="2099-01-01")
    assert wrong_in(page) == ["things"]
    assert "These belong to the demo hospital" in page


def test_a_place_of_the_demo_is_named_by_the_field_it_was_chosen_in(chief):
    department = factories.department(site=factories.site(is_demo=True), is_demo=True)
    assert wrong_in(given(chief, role="engineer", site=str(department.site_id))) == ["site"]
    page = given(chief, role="engineer", department=str(department.id))
    assert wrong_in(page) == ["department"]


def test_things_and_a_department_at_once_are_named_at_the_department(chief):
    asset = factories.asset()
    department = factories.department(site=asset.site)
    form = {"role": "vendor", "things": asset.tag, "ends_on": "2099-01-01"}
    assert wrong_in(given(chief, **form, department=str(department.id))) == ["department"]
