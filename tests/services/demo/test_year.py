"""The demo's year: plausible figures, alerts that nobody is told of, checks that are not sent."""

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itops import create_app
from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.models import (
    Alert,
    AlertStatus,
    AssetLabel,
    AuditEntry,
    BackupJob,
    Check,
    Delivery,
    ModuleState,
    ProvenBy,
    SystemModule,
    Ticket,
    TicketReport,
    WorkOrder,
    WorkStatus,
)
from itops.services.checking import runner
from itops.services.demo import loading
from itops.services.demo.machines import machines
from itops.services.demo.pulse import beat
from itops.services.demo.year import steps
from itops.services.demo.year.known import Known
from itops.services.engine import due_rows
from itops.services.history.reading import read_check
from itops.services.labels.codes import asset_of
from itops.services.maintenance import compliance
from itops.services.modules import standing
from itops.services.modules.availability import availability
from itops.services.tickets.known_faults import Where, known_faults
from tests.conftest import NOON
from tests.services.alerting import world

pytestmark = pytest.mark.slow
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def loaded(migrated, tmp_path_factory):
    """The folder of an app with the demo's year, and a group that wants to be told of all."""
    folder = tmp_path_factory.mktemp("year")
    shutil.copy(migrated / "itops.db", folder)
    with create_app(Settings(data_dir=folder)).app_context():
        world.told(world.mail_channel())
        loading.load_hospital(machines(), by="test", at=NOON)
        for piece in steps.steps():
            piece(Known(NOON))
            db.session.commit()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.session.remove()
        db.engine.dispose()
    return folder


@pytest.fixture
def year(loaded, tmp_path):
    shutil.copy(loaded / "itops.db", tmp_path)
    with create_app(Settings(data_dir=tmp_path)).app_context():
        yield Known(NOON)
        db.session.remove()
        db.engine.dispose()


def count(*where):
    return db.session.scalars(select(func.count()).where(*where)).one()


def test_it_is_a_year_of_plausible_work(year):
    known = {code: module.id for code, module in year.modules.items()}
    assert len(known) == 14
    found = availability(list(known.values()), NOON - YEAR + timedelta(hours=1), NOON)
    assert found[known["LIS"]].outages == 4
    assert all(99.9 < (each.percent or 0) <= 100 for each in found.values())
    assert 100 < count(Alert.status == AlertStatus.RESOLVED) < 200
    assert 900 < count(Ticket.id.is_not(None)) < 2000
    today = year.now.today
    done = compliance.figure(first=today - timedelta(days=364), last=today, today=today)
    assert done.percent is not None
    assert 85 < done.percent < 99
    assert done.late > 20
    ratings = list(db.session.scalars(select(TicketReport.rating).where(TicketReport.rating > 0)))
    assert len(ratings) > 300
    assert sum(rating > 3 for rating in ratings if rating) > 0.85 * len(ratings)


def test_something_is_the_matter_now_and_most_is_well(year):
    open_now = count(Alert.status.in_([AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED]))
    assert 5 < open_now < 15
    assert count(Ticket.is_open) == 8
    jobs = {job.name: job.state for job in db.session.scalars(select(BackupJob))}
    assert jobs["LIS 备份"] is State.CRITICAL
    assert jobs["BLOOD 备份"] is State.WARNING
    assert jobs["HIS 备份"] is State.OK
    states = dict(
        db.session.execute(
            select(SystemModule.code, ModuleState.state).join(
                ModuleState, ModuleState.module_id == SystemModule.id
            )
        ).all()
    )
    assert states["LIS"] is State.WARNING
    assert sum(state is State.OK for state in states.values()) >= 6


def test_the_fault_that_all_know_of_is_shown_to_who_reports_it_again(year):
    ward = year.departments["急诊科"]
    (fault,) = known_faults(Where(year.hospital.id, ward.id))
    assert fault.people == 4
    assert fault.meanwhile


def test_nobody_is_ever_told_of_its_alerts(year):
    beat(at=NOON + timedelta(minutes=1))
    assert count(Delivery.id.is_not(None)) == 0


def test_its_checks_are_answered_here_and_never_sent_out(year):
    check = year.checks["HIS 端口 5432"]
    later = NOON + timedelta(hours=2)
    assert check.shown(later).state is State.UNKNOWN
    assert not any(due_rows.has_due(queue, at=later) for queue in runner.QUEUES)

    beat(at=later)

    db.session.refresh(check)
    assert check.shown(later).state is State.OK
    assert count(Check.due_at <= later) == 0


def test_its_checks_have_a_year_behind_them(year):
    check = year.checks["UPS-0002 供电"]
    series = read_check(check.id, "ups.load_percent", NOON - timedelta(days=364), NOON)
    known = [value for value in series.values if value is not None]
    assert len(known) > 300
    assert 20 < min(known) < max(known) < 70


def test_orders_of_the_year_say_what_proved_them(year):
    assert count(WorkOrder.proof == ProvenBy.MACHINE) > 900
    assert count(WorkOrder.proof == ProvenBy.PERSON) > 700
    assert count(WorkOrder.status == WorkStatus.CANCELLED) > 3
    late = WorkOrder.due_on < year.now.today - timedelta(days=2)
    assert 0 < count(WorkOrder.status == WorkStatus.OPEN, late) < 20


def test_the_states_go_on_without_a_break(year):
    changes = standing.look(at=NOON + timedelta(seconds=15))
    assert changes == []


def test_labels_open_the_report_form_of_their_device(year):
    code = db.session.scalars(select(AssetLabel.code).limit(1)).one()
    assert asset_of(code) is not None


def test_loading_writes_one_line_of_the_log(year):
    assert count(AuditEntry.action.like("demo.%")) == count(AuditEntry.id.is_not(None)) == 1
