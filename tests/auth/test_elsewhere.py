"""Who asks without a person, with one who was signed out, as an agent, or from another site."""

import pytest
from sqlalchemy import select, update

from itops.clock import utcnow
from itops.db import db
from itops.models import Role, RoleGrant, User, UserSession
from itops.services.secrets.secrecy import secret_hash
from tests import factories
from tests.auth import elsewhere
from tests.auth.elsewhere import DECISIONS, HIDDEN, WHOLE
from tests.auth.matrix import OPEN, address, routes

#: These end the session by which the next route would be asked.
LAST = {"/sign-out", "/account/sessions/end-all"}


@pytest.fixture
def stranger(sign_in):
    """Somebody with every role, at another site."""
    village = factories.site(name="别处")
    client = sign_in(Role.HEAD, site=village, login="stranger")
    me = db.session.scalars(select(User).where(User.login == "stranger")).one()
    placed = [one for one in Role if one not in {Role.HEAD, Role.VENDOR}]
    me.grants += [RoleGrant(role=role, site_id=village.id) for role in placed]
    db.session.commit()
    return client


def test_every_route_has_a_decision_and_no_other(app):
    """`python -m tests.auth.elsewhere` adds what is new; write down what it is to others."""
    reviewed = {(row["method"], row["route"]) for row in elsewhere.rows()}
    assert reviewed == set(routes(app))
    undecided = [row for row in elsewhere.rows() if row["elsewhere"] not in DECISIONS]
    assert undecided == []


@pytest.mark.slow
def test_somebody_of_another_site_meets_what_the_table_says(app, stranger):
    wrong = {}
    keys = elsewhere.things(factories.site(name="这里"))
    db.session.commit()
    for row in elsewhere.rows():
        if row["route"] in LAST or row["elsewhere"] == OPEN:
            continue
        rule = routes(app)[row["method"], row["route"]]
        status = stranger.open(address(rule, keys), method=row["method"]).status_code
        expected = {HIDDEN: {404}, WHOLE: {403}}.get(row["elsewhere"])
        if (expected and status not in expected) or (not expected and status == 403):
            wrong[row["method"], row["route"]] = (row["elsewhere"], status)
    assert wrong == {}


def test_a_revoked_session_and_an_agents_key_reach_only_what_is_open(app, sign_in):
    revoked = sign_in(Role.HEAD)
    db.session.execute(update(UserSession).values(revoked_at=utcnow()))
    key = "an agent's own key"
    factories.host(key_hash=secret_hash(key))
    db.session.commit()
    agent = {"Authorization": f"Bearer {key}"}
    wrong = {}
    for row in elsewhere.rows():
        if row["elsewhere"] == OPEN:
            continue
        path = address(routes(app)[row["method"], row["route"]], {})
        for who, answer in (
            ("revoked", revoked.open(path, method=row["method"])),
            ("agent", app.test_client().open(path, method=row["method"], headers=agent)),
        ):
            if answer.location != "/sign-in" and answer.status_code not in {401, 403}:
                wrong[who, row["method"], row["route"]] = answer.status_code
    assert wrong == {}
