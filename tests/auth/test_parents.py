"""Every foreign key has a decision about who may point it where, and each attack on one fails.

`parents.csv` is read by people. A new foreign key without a row in it fails, and one that is
"attacked" has its attack in `parent_attacks`.

- attacked: a form says where it points; old and new parent are authorized.
- address: it points to what the route's address names, which is looked up within reach.
- derived: it is taken over from a row that was authorized in the same request.
- own: the person who acts. shared: what belongs to the whole hospital, like a channel.
- code: a code table. machine: no person writes it. open: whoever reports says so, unproven.
"""

import csv
from pathlib import Path

import pytest
from sqlalchemy import select

from itops.db import Base, db
from itops.models import Role, RoleGrant, User
from tests import factories
from tests.auth.parent_attacks import ATTACKS, made
from tests.auth.test_out_of_reach import stored
from tests.services.alerting.world import mail_channel, told

TABLE = Path(__file__).with_name("parents.csv")
DECISIONS = {"attacked", "address", "derived", "own", "shared", "code", "machine", "open"}
REFUSED = {400, 403, 404, 409, 422}


def reviewed() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_foreign_key_stands_in_the_table_and_no_other():
    known = {
        (f"{table.name}.{key.parent.name}", key.column.table.name)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
    }
    assert {(row["foreign_key"], row["refers_to"]) for row in reviewed()} == known
    assert {row["decision"] for row in reviewed()} <= DECISIONS


def test_every_key_that_a_form_writes_is_attacked():
    attacked = {row["foreign_key"] for row in reviewed() if row["decision"] == "attacked"}
    assert attacked == set(ATTACKS)


@pytest.fixture
def sites(app):
    return factories.site(name="这里"), factories.site(name="那里")


@pytest.fixture
def insider(sign_in, sites):
    """Somebody who may do nearly everything, at one of two sites."""
    client = sign_in(Role.HEAD, site=sites[0], login="insider", email="me@hospital.example")
    user = db.session.scalars(select(User).where(User.login == "insider")).one()
    user.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN, site_id=sites[0].id))
    db.session.commit()
    return client


@pytest.mark.parametrize("key", sorted(ATTACKS))
def test_a_foreign_parent_is_refused_and_changes_nothing(insider, sites, key):
    attack = made(ATTACKS[key], *sites)
    before = stored()
    answer = insider.post(attack.foreign_path or attack.path, data=attack.form | attack.foreign)
    after = stored()
    assert [name for name in before if before[name] != after[name]] == [], answer.status_code
    assert answer.status_code in REFUSED or answer.status_code in {302, 303}


@pytest.mark.parametrize("key", sorted(ATTACKS))
def test_the_same_form_with_a_parent_of_ones_own_is_done(insider, sites, key):
    """Else the test above would hold nothing."""
    attack = made(ATTACKS[key], *sites)
    before = stored()
    answer = insider.post(attack.path, data=attack.form)
    assert answer.status_code in {200, 302, 303}, answer.text
    assert before != stored()


def test_a_machine_is_not_taken_off_an_asset_of_another_site(insider, sites):
    taken = factories.asset(site=sites[1])
    host = factories.host(site=sites[0], asset=taken)
    own = factories.asset(site=sites[0])
    answer = insider.post(f"/hosts/{host.id}/link", data={"tag": own.tag})
    assert answer.status_code == 409
    db.session.expire_all()
    assert host.asset_id == taken.id


def test_a_site_is_not_taken_out_from_under_another(insider, sites):
    own, second = sites[0], factories.site(parent=sites[1])
    own.parent = sites[1]
    user = db.session.scalars(select(User).where(User.login == "insider")).one()
    user.grants.append(RoleGrant(role=Role.HEAD, site_id=second.id))
    answer = insider.post(f"/places/site/{own.id}/move", data={"parent": second.id})
    assert answer.status_code == 422
    db.session.expire_all()
    assert own.parent_id == sites[1].id


def test_who_manages_a_sites_messages_neither_reads_nor_ends_those_of_the_others(insider, sites):
    other = factories.user(role=Role.HEAD, name="别人", email="b@hospital.example")
    key = told(mail_channel(), other).id
    assert "别人" not in insider.get("/alerts/subscriptions").text
    assert insider.post(f"/alerts/subscriptions/{key}/remove").status_code == 404
