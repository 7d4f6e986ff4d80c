"""The demo hospital: the same each time, marked, and gone without a trace when removed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import Base, db
from itops.errors import Refused
from itops.models import Asset, HealthSample, Host, HostState, Site
from itops.services.auditing import Actor
from itops.services.demo import loading
from itops.services.demo.machines import machines
from itops.services.demo.ordering import is_loaded, order_demo
from itops.services.demo.pulse import beat
from itops.services.demo.removing import remove_demo
from itops.services.demo.year.known import Known
from itops.services.demo.year.steps import steps
from itops.services.history.reading import read_series
from tests import factories
from tests.conftest import NOON

pytestmark = pytest.mark.slow
ME = Actor(None, "test")


@pytest.fixture
def hospital(app):
    """The demo hospital with its present state, without its history."""
    loading.load_hospital(machines(), by="test", at=NOON)
    db.session.commit()


def counts() -> dict[str, int]:
    """Return how many rows each table has, without the log."""
    return {
        table.name: db.session.scalars(select(func.count()).select_from(table)).one()
        for table in Base.metadata.sorted_tables
        if table.name not in {"audit_entry", "audit_head"}
    }


def load_year(pieces):
    """Load the hospital and these pieces of its year, each committed by itself."""
    loading.load_hospital(machines(), by="test", at=NOON)
    for piece in pieces:
        piece(Known(NOON))
        db.session.commit()


def states(*, at=NOON) -> dict[str, State]:
    statement = select(Host.name, HostState).join(HostState, HostState.host_id == Host.id)
    return {name: state.shown(at).state for name, state in db.session.execute(statement)}


def test_the_hospital_is_as_large_as_it_says(hospital):
    statement = select(Asset.type_key, func.count()).group_by(Asset.type_key)
    of_type = {row[0]: row[1] for row in db.session.execute(statement)}
    assert of_type["server"] == 18
    assert of_type["ups"] == 22
    assert of_type["printer"] + of_type["display"] == 60
    assert 410 <= of_type["workstation"] <= 430
    assert db.session.scalar(select(func.count()).where(Asset.is_demo.is_(False))) == 0


def test_its_troubles_are_judged_by_the_rules_for_real_machines(hospital):
    shown = states()
    assert shown["LIS-SRV-01"] is State.CRITICAL
    assert shown["HIS-DB-02"] is State.WARNING
    assert shown["FILE-01"] is State.UNKNOWN
    assert shown["LQ-001"] is State.UNKNOWN
    assert shown["ZY-8F-018"] is State.CRITICAL
    assert sum(state is State.OK for state in shown.values()) > 400


def test_a_beat_keeps_it_alive_but_for_the_silent(hospital):
    later = NOON + timedelta(hours=1)
    assert states(at=later)["MZ-1F-001"] is State.UNKNOWN

    reported = beat(at=later)

    assert states(at=later)["MZ-1F-001"] is State.OK
    assert states(at=later)["LQ-001"] is State.UNKNOWN
    assert db.session.scalar(select(func.count()).select_from(HealthSample)) == reported > 400


def test_removing_it_leaves_what_is_real_and_nothing_else(app):
    factories.host(asset=factories.asset())
    db.session.commit()
    before = counts()
    load_year(steps())
    beat(at=NOON)

    assert remove_demo(by=ME, at=NOON) > 900
    db.session.commit()

    layouts = counts().pop("metric_layout")
    assert counts() | {"metric_layout": layouts} == before | {"metric_layout": layouts}


def test_it_stays_while_something_real_refers_to_it(hospital):
    place = db.session.scalar(select(Site).where(Site.is_demo).limit(1))
    factories.host(site=place)
    db.session.commit()
    before = counts()

    with pytest.raises(Refused):
        remove_demo(by=ME, at=NOON)

    assert counts() == before


def test_it_is_ordered_once(app):
    assert order_demo(by="test", at=NOON)
    db.session.flush()
    assert order_demo(by="test", at=NOON) is None
    assert not is_loaded()


def test_what_was_removed_does_not_come_back_by_itself(hospital):
    remove_demo(by=ME, at=NOON)
    assert order_demo(by="test", at=NOON) is None
    assert not is_loaded()


def test_loading_ends_where_somebody_removes_it_meanwhile(app):
    steps: list[int] = []

    def remove_in_the_middle(done, _total):
        db.session.commit()
        steps.append(done)
        if done == 2:
            remove_demo(by=ME, at=NOON)
            db.session.commit()

    loading.load_demo(remove_in_the_middle, by="test", at=NOON)
    assert steps == [0, 1, 2]
    assert not is_loaded()


def test_a_year_of_one_server_can_be_read_back(hospital):
    machine, demo = machines()[0], Known(NOON)
    host_id = demo.host_id(machine.name)

    for first in range(0, 365, loading.DAYS_AT_ONCE):
        loading.write_hours(machine, first, demo)
    loading.write_detail(machine, demo)

    year = read_series(host_id, "cpu.percent", NOON - timedelta(days=364), NOON)
    known = [value for value in year.values if value is not None]
    assert len(known) > 300
    assert 0 < min(known) < max(known) <= 100


def test_a_load_that_was_interrupted_goes_on_where_it_stopped(app):
    class Killed(Exception):
        pass

    done = []

    def stop_after(count):
        def progress(number, _total):
            db.session.commit()
            done.append(number)
            if number == count:
                raise Killed

        return progress

    with pytest.raises(Killed):
        loading.load_demo(stop_after(5), by="test", at=NOON)
    before = counts()
    db.session.rollback()

    with pytest.raises(Killed):
        loading.load_demo(stop_after(5), by="test", at=NOON)

    assert done == [0, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
    assert counts() == before
