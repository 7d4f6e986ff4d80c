"""The live state of modules: what is seen, what they stand on, silence, and its changes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import Check, DependencyKind, ModuleStateChange
from itops.services.modules import standing
from itops.services.modules.availability import availability
from tests import factories
from tests.conftest import NOON

FRESH = NOON + timedelta(minutes=10)


def checked(state, **about):
    return factories.check(state=state, hard_state=state, stale_at=FRESH, **about)


def state_of(module, at=NOON):
    standing.look(at=at)
    return standing.module_states([module.id], at=at)[module.id]


@pytest.mark.both_databases
def test_a_module_that_nobody_looks_at_is_unknown(any_app):
    shown = state_of(factories.module())
    assert shown.state is State.UNKNOWN
    assert shown.reason.key == "module.why.nobody_looks"


@pytest.mark.both_databases
def test_its_own_checks_decide_and_what_it_stands_on_only_makes_it_amber(any_app):
    lis, server = factories.module(), factories.asset()
    factories.dependency(lis, server)
    checked(State.OK, module=lis)
    checked(State.CRITICAL, asset=server)
    assert state_of(lis).state is State.WARNING


@pytest.mark.both_databases
def test_it_is_amber_at_best_while_no_restore_test_proves_its_backup(any_app):
    lis = factories.module()
    checked(State.OK, module=lis)
    assert state_of(lis).state is State.WARNING
    assert state_of(lis).reason == Message("module.why.no_backup")
    job = factories.backup(module=lis, restore_test_days=90)
    assert state_of(lis).reason == Message("module.why.backup_unproven")
    factories.restored(job, at=NOON)
    assert state_of(lis).state is State.OK
    late = NOON + timedelta(days=91)
    db.session.query(Check).update({"stale_at": late + timedelta(days=1)})
    assert state_of(lis, at=late).reason == Message("module.why.backup_unproven")


def test_a_missing_proof_hides_no_trouble_and_makes_no_unknown_module_amber(app):
    lis, quiet = factories.module(), factories.module()
    checked(State.CRITICAL, module=lis)
    assert state_of(lis).state is State.CRITICAL
    assert state_of(quiet).state is State.UNKNOWN


def test_what_stands_on_a_module_is_not_blamed_for_its_backup(app):
    his, lis = factories.module(), factories.proven_module(NOON)
    factories.dependency(lis, his, DependencyKind.NEEDS)
    checked(State.OK, module=his)
    checked(State.OK, module=lis)
    assert state_of(lis).state is State.OK


def test_without_checks_of_its_own_it_is_as_what_it_stands_on(app):
    lis, server = factories.module(), factories.asset()
    factories.dependency(lis, server)
    checked(State.CRITICAL, asset=server)
    his = factories.module()
    factories.dependency(his, lis, DependencyKind.NEEDS)
    assert state_of(lis).state is State.CRITICAL
    assert state_of(his).state is State.CRITICAL


def test_a_machine_that_nobody_looks_at_makes_nothing_worse(app):
    lis = factories.proven_module(NOON)
    factories.dependency(lis, factories.asset())
    checked(State.OK, module=lis)
    assert state_of(lis).state is State.OK


def test_a_silent_agent_is_unknown_and_not_fine(app):
    lis, server = factories.module(), factories.asset()
    factories.dependency(lis, server)
    silent = {"state": State.OK, "last_seen_at": NOON, "stale_at": NOON, "state_since_at": NOON}
    factories.host(asset_id=server.id, state=silent)
    assert state_of(lis).state is State.UNKNOWN


def test_a_check_that_went_stale_is_unknown_whatever_it_said(app):
    lis = factories.module()
    checked(State.OK, module=lis)
    assert state_of(lis, at=FRESH).state is State.UNKNOWN


def test_a_soft_verdict_changes_no_module_yet(app):
    lis = factories.proven_module(NOON)
    check = checked(State.OK, module=lis)
    check.state, check.is_hard = State.CRITICAL, False
    assert state_of(lis).state is State.OK


def test_a_state_that_nobody_works_out_any_more_is_unknown(app):
    lis = factories.module()
    checked(State.OK, module=lis)
    standing.look(at=NOON)
    late = NOON + standing.STALE_AFTER + timedelta(seconds=1)
    shown = standing.module_states([lis.id], at=late)[lis.id]
    assert shown.reason is not None
    assert (shown.state, shown.reason.key) == (State.UNKNOWN, "module.why.not_looked")


@pytest.mark.both_databases
def test_changes_are_rows_and_make_the_availability(any_app):
    lis = factories.proven_module(NOON)
    check = checked(State.OK, module=lis)
    for minutes, state in ((0, State.OK), (60, State.CRITICAL), (90, State.OK)):
        at = NOON + timedelta(minutes=minutes)
        check.state = check.hard_state = state
        check.stale_at = at + timedelta(hours=5)
        standing.look(at=at)
        standing.look(at=at + timedelta(seconds=15))
    rows = db.session.scalars(select(ModuleStateChange).order_by(ModuleStateChange.id)).all()
    assert [row.new for row in rows] == [State.OK, State.CRITICAL, State.OK]
    found = availability([lis.id], NOON - timedelta(minutes=30), NOON + timedelta(minutes=120))
    whole = found[lis.id]
    assert (whole.up_seconds, whole.down_seconds) == (90 * 60, 30 * 60)
    assert (whole.unknown_seconds, whole.outages, whole.percent) == (30 * 60, 1, 75.0)
    within = availability([lis.id], NOON + timedelta(minutes=70), NOON + timedelta(minutes=80))
    assert (within[lis.id].down_seconds, within[lis.id].outages) == (600, 1)


def test_a_module_without_changes_is_unknown_all_the_time(app):
    lis = factories.module()
    found = availability([lis.id], NOON, NOON + timedelta(hours=1))[lis.id]
    assert (found.percent, found.unknown_seconds) == (None, 3600)


def test_a_few_minutes_in_which_it_worked_are_no_hundred_percent(app):
    lis, down = factories.module(), factories.module()
    for module, state in ((lis, State.OK), (down, State.CRITICAL)):
        row = ModuleStateChange(module_id=module.id, at=NOON, old=State.UNKNOWN, new=state)
        db.session.add(row)
    db.session.flush()
    found = availability([lis.id, down.id], NOON, NOON + timedelta(minutes=20))
    assert found[lis.id].percent is None
    assert found[down.id].percent == 0
