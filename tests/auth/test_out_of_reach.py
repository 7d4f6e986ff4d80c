"""What belongs to another site can't be changed, whatever roles somebody has at their own."""

import pytest
from sqlalchemy import select

from itops.db import Base, db, reading
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.auth.changes import CHANGES
from tests.auth.changes_beyond import MORE

#: What is somebody's own, wherever they are.
OWN = (
    "account.",
    "alerts.subscriptions.",
    "language.",
    "leave.end",
    "leave.hand_over",
    "maintenance.feeds.",
    "second_factor.",
    "sign_in.",
    "tokens.",
    "welcome.",
)
#: What begins like one's own, and is done for somebody else.
OF_OTHERS = {"leave.hand_over_for"}
#: Rows that a request leaves whatever comes of it.
NOT_COMPARED = {"audit_entry", "audit_head", "public_count", "sign_in_failure", "user_session"}
EVERYTHING = CHANGES | MORE


@pytest.fixture
def stranger(sign_in):
    """Somebody with every role, at one small site."""
    village = factories.site(name="别处")
    client = sign_in(Role.HEAD, site=village, login="stranger")
    me().grants += [RoleGrant(role=role, site_id=village.id) for role in Role if role != Role.HEAD]
    db.session.commit()
    return client


def me() -> User:
    return db.session.scalars(select(User).where(User.login == "stranger")).one()


def stored():
    """Return all that is there."""
    db.session.commit()
    with reading(), db.engine.connect() as connection:
        return {
            table.name: connection.execute(table.select()).all()
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_COMPARED
        }


def of_others() -> list[str]:
    return sorted(name for name in EVERYTHING if not name.startswith(OWN) or name in OF_OTHERS)


@pytest.mark.parametrize("endpoint", of_others())
def test_nothing_of_another_site_is_changed(stranger, endpoint):
    path, form = EVERYTHING[endpoint](me())
    before = stored()
    answer = stranger.post(path, data=form)
    after = stored()
    assert [name for name in before if before[name] != after[name]] == [], answer.status_code
    assert answer.status_code in {302, 303, 400, 403, 404, 409, 422}


@pytest.mark.parametrize("endpoint", sorted(MORE))
def test_the_same_by_somebody_of_the_whole_hospital_is_done(sign_in, endpoint):
    """Else the test above would hold nothing."""
    chief = sign_in(Role.HEAD, login="stranger")
    (user := me()).grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))
    db.session.commit()
    path, form = MORE[endpoint](user)
    before = stored()
    answer = chief.post(path, data=form)
    assert answer.status_code in {200, 302, 303}, answer.text
    assert before != stored()
