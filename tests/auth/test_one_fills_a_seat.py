"""Where three administrators are kept apart, what two decide at once is decided once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import GrantProposal, OneTimeLink, Outcome, Role, User
from itops.services import installation
from tests import factories
from tests.auth.signed_in import browser
from tests.conftest import empty

ROUNDS = 30


def at_once(app, *calls):
    """Let browsers post at the same time: `calls` are a browser, an address and a form each."""

    def post(call):
        client, path, form = call
        with app.app_context():
            return client.post(path, data=form).status_code

    db.session.commit()  # a transaction of the test's own would make all wait
    with ThreadPoolExecutor(len(calls)) as pool:
        found = list(pool.map(post, calls))
    db.session.rollback()
    return found


@pytest.fixture
def apart(any_app):
    any_app.config["ITOPS"] = replace(any_app.config["ITOPS"], three_administrators=True)
    installation.set_up(db.engine, any_app.config["ITOPS"])
    return any_app


def waiting(who, role, keeper):
    """Return a proposal that is stored and waits."""
    made = GrantProposal(
        user_id=who.id,
        role=role,
        proposed_at=utcnow(),
        proposed_by="甲",
        proposed_by_id=keeper.id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def answered(codes):
    """Whether all were answered, if only by "try again": a dead lock would be a failure."""
    return all(code < 500 or code == 503 for code in codes)


@pytest.mark.both_databases
def test_of_two_who_fill_a_vacant_seat_at_once_the_second_waits(apart, full):
    for _ in range(full(ROUNDS)):
        clients = [browser(apart, factories.user(role=Role.SYSTEM_ADMIN)) for _ in range(2)]
        forms = [{"login": f"g{n}", "name": "甲", "role": "security_admin"} for n in range(2)]
        codes = at_once(apart, *((c, "/users/new", f) for c, f in zip(clients, forms, strict=True)))
        assert answered(codes)
        seated = db.session.query(User).where(User.grants.any(role=Role.SECURITY_ADMIN)).count()
        assert seated == 1
        db.session.rollback()
        empty()


@pytest.mark.both_databases
def test_of_two_parts_for_one_person_approved_at_once_one_holds(apart, full):
    for _ in range(full(ROUNDS)):
        keeper, who = factories.user(role=Role.SYSTEM_ADMIN), factories.user(login="wang")
        guards = [factories.user(role=Role.SECURITY_ADMIN) for _ in range(2)]
        made = [waiting(who, role, keeper) for role in (Role.AUDIT_ADMIN, Role.HEAD)]
        paths = [f"/role-proposals/{one.id}/approve" for one in made]
        clients = [browser(apart, guard) for guard in guards]
        assert answered(at_once(apart, *((c, p, {}) for c, p in zip(clients, paths, strict=True))))
        assert len(db.session.scalars(select(User).where(User.login == "wang")).one().grants) == 1
        db.session.rollback()
        empty()


@pytest.mark.both_databases
def test_a_link_made_while_its_account_becomes_an_administrators_opens_nothing(apart, full):
    for _ in range(full(ROUNDS)):
        keeper, who = factories.user(role=Role.SYSTEM_ADMIN), factories.user(login="wang")
        guard = browser(apart, factories.user(role=Role.SECURITY_ADMIN))
        one = waiting(who, Role.AUDIT_ADMIN, keeper)
        path = f"/role-proposals/{one.id}/approve"
        asks, link = browser(apart, keeper), f"/users/{who.id}/link"
        assert answered(at_once(apart, (guard, path, {}), (asks, link, {})))
        assert db.session.get_one(User, who.id).grants
        unused = select(OneTimeLink.id).where(OneTimeLink.used_at.is_(None))
        assert db.session.scalars(unused).all() == []
        db.session.rollback()
        empty()


@pytest.mark.both_databases
def test_what_is_approved_is_not_called_replaced(apart, full):
    for _ in range(full(ROUNDS)):
        keeper, who = factories.user(role=Role.SYSTEM_ADMIN), factories.user(login="wang")
        guard = browser(apart, factories.user(role=Role.SECURITY_ADMIN))
        one = waiting(who, Role.HEAD, keeper)
        again = (browser(apart, keeper), f"/users/{who.id}/roles", {"role": "head"})
        path = f"/role-proposals/{one.id}/approve"
        assert answered(at_once(apart, (guard, path, {}), again))
        db.session.expire_all()
        held = bool(db.session.get_one(User, who.id).grants)
        outcome = db.session.get_one(GrantProposal, one.id).outcome
        assert outcome is (Outcome.APPROVED if held else Outcome.SUPERSEDED)
        db.session.rollback()
        empty()
