"""Signing in, locking, people, places and the log, on SQLite and on PostgreSQL alike."""

from datetime import timedelta

import pytest
from sqlalchemy import true

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Role
from itops.services.audit_reading import AuditWanted, read_log
from itops.services.auditing import Actor
from itops.services.places import changing as places
from itops.services.places.changing import Names
from itops.services.upgrading import upgrade
from itops.services.users import accounts
from itops.services.users.people import PeopleWanted, list_people
from itops.services.users.signing_in import candidate, conclude
from itops.setting_texts import database_url as read_url
from tests import factories
from tests.conftest import NOON

WANG = Actor(None, "王敏", "10.0.0.7")


@pytest.fixture
def inside(database_url, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, database_url=read_url(database_url)))
    with app.app_context():
        upgrade(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.both_databases
def test_five_wrong_passwords_lock_and_time_unlocks(inside):
    user = factories.user(login="li", password_hash="x")
    who = candidate("li", address="10.0.0.7", at=NOON)
    for _ in range(5):
        conclude(who, is_right=False, address="10.0.0.7", at=NOON)
        db.session.commit()
    assert conclude(who, is_right=True, address="10.0.0.7", at=NOON) is None
    db.session.commit()
    later = NOON + timedelta(minutes=16)
    assert conclude(who, is_right=True, address="10.0.0.7", at=later) is user
    found, _ = read_log(AuditWanted(name="li", start=NOON, end=later + timedelta(seconds=1)))
    assert [entry.action for entry in found] == ["sign_in.done", "sign_in.locked", "sign_in.failed"]


@pytest.mark.both_databases
def test_the_last_administrator_stays(inside):
    last = factories.user(role=Role.SYSTEM_ADMIN)
    db.session.commit()
    with pytest.raises(Refused):
        accounts.shut(last, by=WANG, at=NOON)
    db.session.rollback()
    factories.user(role=Role.SYSTEM_ADMIN)
    accounts.shut(last, by=WANG, at=NOON)
    assert not last.is_enabled


@pytest.mark.both_databases
def test_people_are_listed_a_page_at_a_time(inside):
    for number in range(105):
        factories.user(name=f"护士{number:03}")
    first, has_more = list_people(PeopleWanted(text="护士"), true(), at=NOON)
    assert (len(first), has_more) == (100, True)
    after = (first[-1].name, first[-1].id)
    rest, has_more = list_people(PeopleWanted(text="护士", after=after), true(), at=NOON)
    assert ([user.name for user in rest][-1], has_more) == ("护士104", False)


@pytest.mark.both_databases
def test_two_roots_of_one_name_are_refused_though_the_database_would_take_them(inside):
    kind = factories.site(name="县医院").kind
    with pytest.raises(Invalid):
        places.add_site(Names(name="县医院"), kind, None, by=WANG, at=NOON)


@pytest.mark.both_databases
def test_a_place_in_use_stays_and_an_unused_one_goes(inside):
    ward = factories.department()
    with pytest.raises(Refused):
        places.remove(ward.site, by=WANG, at=NOON)
    places.remove(ward, by=WANG, at=NOON)
    places.remove(ward.site, by=WANG, at=NOON)
    db.session.commit()
