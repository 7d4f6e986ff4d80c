"""Whatever stands in whatever field of a form: never a 5xx, and a refusal changes nothing."""

from random import Random

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, RoleGrant, User
from tests.auth.changes import CHANGES
from tests.auth.changes_beyond import MORE
from tests.auth.test_out_of_reach import stored

pytestmark = pytest.mark.slow
EVERYTHING = CHANGES | MORE
#: These end the session by which the next form is sent.
LAST = {"account.end_all", "account.end_one", "sign_in.leave"}
#: A refusal is counted; a photo can be sent once only.
OTHERS = {
    "account.change_password",
    "leave.hand_over",
    "second_factor.begin",
    "second_factor.draw_codes",
    "second_factor.remove",
    "sign_in.submit",
    "tickets.steps.photo",
    "tokens.create",
}
NASTY = (
    *("", " ", "0", "-1", "9" * 19, "9" * 20, "000000015" + "9" * 20, "9" * 5000, "1e999", "NaN"),
    *("²", "٣", "１２", "0x10", "+1", "1.5", "true", "null", "[]", "{}", "[[", "x" * 5000),
    *("' OR 1=1 --", '"; DROP TABLE ticket;', "%00", "{{7*7}}", "../../etc/passwd", "\\"),
    *("<img src=x onerror=alert(1)>", "\u202e", "\u200b", "e\u0301", "𠮷野家", "a\r\nX: y"),
    *("2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "25:61", "=1+1", "a\x0bb", "\x7f"),
)
FIELDS = ("version", "site_id", "department_id", "text-²", "text-99", f"text-{'9' * 50}")


@pytest.fixture
def chief(sign_in):
    """Somebody who may do everything everywhere."""
    client = sign_in(Role.HEAD, login="chief")
    user = db.session.scalars(select(User).where(User.login == "chief")).one()
    user.grants += [RoleGrant(role=role) for role in Role if role is not Role.HEAD]
    db.session.commit()
    return client


@pytest.mark.parametrize("endpoint", sorted(set(EVERYTHING) - LAST - OTHERS))
def test_no_form_breaks_and_refusals_leave_no_trace(chief, endpoint, full):
    user = db.session.scalars(select(User).where(User.login == "chief")).one()
    path, form = EVERYTHING[endpoint](user)
    random, before = Random(endpoint), stored()  # noqa: S311 - the same each time
    pairs = [(field, value) for field in {*form, *FIELDS} for value in NASTY]
    for field, value in random.sample(sorted(pairs, key=str), full(100)):
        answer = chief.post(path, data=form | {field: value})
        assert answer.status_code < 500, (field, value[:80])
        after = stored()
        if answer.status_code >= 400:
            assert before == after, (field, value[:80])
        before = after
