"""Whoever is the last to manage everybody stays, and nobody gives what they lack."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from itops.auth.granting import KEPT_APART, permissions_of
from itops.auth.permissions import GRANTS
from itops.clock import utcnow
from itops.db import db
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.auth import worlds
from tests.auth.signed_in import browser
from tests.auth.worlds import Thing, World
from tests.conftest import empty

ROUNDS = 50
CASES = 1000
#: What a form could try to write past its fields.
SMUGGLED = {
    "grants": "system_admin",
    "grants-0-role": "system_admin",
    "role_grant": "system_admin",
    "is_enabled": "1",
    "is_demo": "1",
    "id": "1",
    "user_id": "1",
    "password_hash": "x",
    "failures": "0",
    "ends_at": "2099-01-01",
}


def administrators() -> int:
    statement = select(func.count()).select_from(RoleGrant).join(User)
    return db.session.scalars(
        statement.where(
            RoleGrant.role == Role.SYSTEM_ADMIN,
            RoleGrant.site_id.is_(None),
            RoleGrant.ends_at.is_(None),
            User.is_enabled,
        )
    ).one()


@pytest.mark.both_databases
def test_of_two_who_shut_each_other_out_at_once_one_stays(any_app, full):
    for number in range(full(ROUNDS)):
        pair = [factories.user(role=Role.SYSTEM_ADMIN) for _ in range(2)]
        db.session.commit()
        addresses = _addresses(pair, by_role=number % 2 == 0)
        clients = [browser(any_app, user) for user in pair]
        db.session.commit()  # a transaction of the test's own would make both wait
        with ThreadPoolExecutor(2) as both:
            list(both.map(partial(_post, any_app), clients, addresses))
        db.session.rollback()
        assert administrators() == 1
        db.session.rollback()
        empty()


def _post(app: Flask, client: FlaskClient, address: str) -> None:
    with app.app_context():
        client.post(address)


def _addresses(pair: list[User], *, by_role: bool) -> list[str]:
    """Return what each of two posts to, so that the other is no administrator any more."""
    if by_role:
        return [f"/users/{one.id}/roles/{one.grants[0].id}/take" for one in reversed(pair)]
    return [f"/users/{one.id}/shut" for one in reversed(pair)]


def test_one_whose_time_ends_is_no_last_administrator(sign_in):
    for_ever = factories.user(role=Role.SYSTEM_ADMIN)
    client = sign_in(Role.SYSTEM_ADMIN, login="for-a-while")
    guest = db.session.scalars(select(User).where(User.login == "for-a-while")).one()
    guest.grants[0].ends_at = utcnow() + timedelta(days=1)
    key = for_ever.grants[0].id
    page = client.post(f"/users/{for_ever.id}/roles/{key}/take", follow_redirects=True)
    assert "would be left" in page.text
    client.post(f"/users/{for_ever.id}/shut")
    assert administrators() == 1


@pytest.mark.both_databases
@pytest.mark.slow
def test_nobody_gives_what_they_lack(any_app, full, record_property):
    given, asked, seed = 0, 0, 0
    while asked < full(CASES):
        random = Random(seed)  # noqa: S311 - the same each time
        world = worlds.make(random, people=4)
        for giver in world.people:
            giver.grants.append(worlds.grant(world, random, Role.SYSTEM_ADMIN))
            db.session.commit()
            client = browser(any_app, giver)
            for _ in range(8):
                asked += 1
                given += _give(client, world, giver, random)
        db.session.rollback()
        empty()
        seed += 1
    record_property("asked", asked)
    record_property("given", given)
    assert given > asked / 50


def _give(client, world: World, giver: User, random: Random) -> int:
    """Try to give somebody a random role somewhere. Return how many were given: all were owned."""
    site = random.choice([None, *world.parents])
    who = factories.user()
    who.grants.append(RoleGrant(role=Role.REPORTER, site_id=site))
    db.session.flush()
    wanted = worlds.grant(world, random, random.choice(list(Role)))
    form = {"role": wanted.role.value, "ends_on": "2099-01-01"}
    form |= {"site": str(wanted.site_id or ""), "department": str(wanted.department_id or "")}
    client.post(f"/users/{who.id}/roles", data=form | SMUGGLED)
    db.session.expire_all()
    new = [one for one in who.grants if one.role is not Role.REPORTER]
    for grant in new:
        assert grant.role not in KEPT_APART or grant.role in {one.role for one in giver.grants}
        there = Thing("place", 0, "", grant.site_id, grant.department_id)
        for permission in permissions_of(grant.role):
            assert GRANTS[permission] & {one.role for one in giver.grants}
            assert world.covers(giver, permission, there), (grant.role, permission)
    return len(new)


@pytest.mark.parametrize("path", ["/users/new", "/users/{}/edit", "/account/password", "/look"])
def test_no_other_form_writes_a_role(sign_in, path):
    client = sign_in(Role.SYSTEM_ADMIN, login="chief")
    who = factories.user(login="one", name="某人")
    before = db.session.scalars(select(func.count()).select_from(RoleGrant)).one()
    given = {"login": "two", "name": "某人", "seen": "", "language": "en"}
    client.post(path.format(who.id), data=SMUGGLED | given)
    after = db.session.scalars(select(func.count()).select_from(RoleGrant)).one()
    assert before == after
