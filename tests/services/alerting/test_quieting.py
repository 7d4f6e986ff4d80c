"""Keeping quiet: for what is announced, silenced or explained; never about measuring or an end."""

from datetime import timedelta
from typing import Any

import pytest

from itops.checks.base import State
from itops.db import db
from itops.models import (
    AlertStatus,
    Criticality,
    Dependency,
    DependencyKind,
    Quiet,
    QuietKind,
)
from itops.services.alerting.signals import Signal, signal, signal_all
from tests import factories
from tests.queries import counted
from tests.services.alerting.world import (
    AT,
    MINUTE,
    alerts,
    engineer,
    finding,
    look,
    mail_channel,
    messages,
    thing,
    told,
    trouble,
)

HOUR = timedelta(hours=1)


def stop(**given: Any) -> Quiet:
    filled = {"kind": QuietKind.WINDOW, "reason": "换内存", "starts_at": AT - HOUR}
    ends = {"ends_at": AT + HOUR, "created_at": AT - HOUR, "created_by": "李工"}
    made = Quiet(**filled | ends | given)
    db.session.add(made)
    db.session.flush()
    return made


def stands(upper: Any, lower: Any, kind: DependencyKind = DependencyKind.POWERED_BY) -> None:
    columns = {"asset": "asset_id", "module": "module_id"}
    sides = {
        f"{side}_{columns[one.__tablename__]}": one.id
        for side, one in (("upper", upper), ("lower", lower))
    }
    arrow = f"{upper.__tablename__}:{upper.id} > {lower.__tablename__}:{lower.id}"
    db.session.add(Dependency(kind=kind, arrow=arrow, **sides))
    db.session.flush()


@pytest.fixture
def people(app):
    """Somebody who is told of everything."""
    told(mail_channel(), engineer())


def test_a_planned_stop_keeps_quiet_and_says_so(people):
    asset = factories.asset()
    stop(asset_id=asset.id, site_id=asset.site_id)
    alert = trouble(asset_id=asset.id, site_id=asset.site_id)
    assert (alert.status, messages()) == (AlertStatus.QUIET, [])
    assert alert.quiet is not None
    assert alert.quiet.reason == "换内存"
    look(AT + MINUTE)
    assert alert.status is AlertStatus.QUIET


def test_what_is_still_bad_after_a_planned_stop_is_told_then(people):
    asset = factories.asset()
    stop(asset_id=asset.id, site_id=asset.site_id)
    known: dict[str, Any] = {"asset_id": asset.id, "site_id": asset.site_id}
    trouble(**known)
    alert = trouble(at=AT + HOUR + MINUTE, **known)
    assert alert.status is AlertStatus.OPEN
    assert len(messages()) == 1


def test_whoever_says_nothing_after_a_planned_stop_is_believed_ten_minutes_later(people):
    stop()
    trouble()
    look(AT + HOUR + 5 * MINUTE)
    assert [one.status for one in alerts()] == [AlertStatus.QUIET]
    look(AT + HOUR + 11 * MINUTE)
    assert [one.status for one in alerts()] == [AlertStatus.OPEN]
    assert len(messages()) == 1


def test_what_came_and_went_in_a_planned_stop_is_told_to_nobody(people):
    stop()
    alert = trouble()
    signal(thing(), "disk:/", finding(State.OK), at=AT + MINUTE)
    assert (alert.status, messages()) == (AlertStatus.RESOLVED, [])


def test_a_stop_never_keeps_an_end_quiet(people):
    alert = trouble(at=AT - 2 * HOUR)
    messages()[0].state = "sent"  # type: ignore[assignment]
    stop()
    signal(thing(), "disk:/", finding(State.OK), at=AT)
    assert alert.status is AlertStatus.RESOLVED
    assert [one.kind for one in messages()] == ["problem", "recovery"]


@pytest.mark.parametrize("moment", [AT - 2 * HOUR, AT + HOUR, AT + 2 * HOUR])
def test_a_stop_holds_between_its_beginning_and_its_end(people, moment):
    stop()
    assert trouble(at=moment).status is AlertStatus.OPEN


def test_all_that_a_stop_names_must_fit(people):
    here, elsewhere = factories.site(), factories.site()
    below = factories.site(parent_id=here.id)
    server = factories.asset(site=below, type=factories.asset_type("server", is_always_on=True))
    printer = factories.asset(site=below, type=factories.asset_type("printer"))
    stop(site_id=here.id, type_key="server")
    cases: dict[AlertStatus, list[Any]] = {
        AlertStatus.QUIET: [(server, below)],
        AlertStatus.OPEN: [(printer, below), (server, elsewhere), (None, below)],
    }
    for wanted, pairs in cases.items():
        for asset, site in pairs:
            known: dict[str, Any] = {"asset_id": asset.id if asset else None, "site_id": site.id}
            key = f"thing:{known}"
            assert trouble(key, **known).status is wanted, known


def test_a_silence_covers_its_subject_and_rule_alone(people):
    stop(kind=QuietKind.SILENCE, subject="thing:1", rule="disk:/")
    assert trouble("thing:1", rule="disk:/").status is AlertStatus.QUIET
    assert trouble("thing:1", rule="cpu").status is AlertStatus.OPEN
    assert trouble("thing:2", rule="disk:/").status is AlertStatus.OPEN


def test_what_stands_on_a_stopped_machine_is_quiet_too(people):
    server, module = factories.asset(), factories.module()
    stands(module, server, DependencyKind.RUNS_ON)
    stop(asset_id=server.id)
    assert trouble(module_id=module.id).status is AlertStatus.QUIET


def test_a_dead_ups_is_one_alert_and_one_message(people):
    """UPS › server › module: the module's and the server's silence say nothing new."""
    ups, server, module = factories.asset(), factories.asset(), factories.module()
    stands(server, ups)
    stands(module, server, DependencyKind.RUNS_ON)
    cause = trouble("asset:ups", rule="power", asset_id=ups.id)
    below = trouble("host:1", rule="silence", asset_id=server.id, at=AT + MINUTE)
    top = trouble("module:1", rule="module", module_id=module.id, at=AT + MINUTE)
    assert [one.status for one in (cause, below, top)] == [
        AlertStatus.OPEN,
        AlertStatus.QUIET,
        AlertStatus.QUIET,
    ]
    assert {below.cause_id, top.cause_id} == {cause.id}
    assert len(messages()) == 1


def test_a_full_disk_is_no_dead_machine(people):
    server, module = factories.asset(), factories.module()
    stands(module, server, DependencyKind.RUNS_ON)
    trouble("host:1", rule="disk:/", asset_id=server.id)
    assert trouble("module:1", rule="module", module_id=module.id).status is AlertStatus.OPEN


def test_a_check_over_a_dead_host_is_quiet(people):
    server = factories.asset()
    trouble("host:1", rule="silence", state=State.UNKNOWN, asset_id=server.id)
    assert trouble("check:1", rule="check", asset_id=server.id).status is AlertStatus.QUIET


def test_a_cause_that_is_found_later_takes_what_is_open_under_itself(people):
    switch, server = factories.asset(), factories.asset()
    stands(server, switch, DependencyKind.NEEDS)
    early = trouble("host:1", rule="silence", asset_id=server.id)
    cause = trouble("check:1", rule="ping", asset_id=switch.id)
    cause = trouble("check:1", rule="ping", asset_id=switch.id, at=AT + MINUTE)
    assert (early.status, early.cause_id) == (AlertStatus.OPEN, cause.id)
    signal(thing("host:1"), "silence", finding(State.OK), at=AT + 2 * MINUTE)
    assert early.status is AlertStatus.RESOLVED


def test_when_the_cause_is_over_what_is_still_bad_speaks_for_itself(people):
    ups, server = factories.asset(), factories.asset()
    stands(server, ups)
    trouble("asset:ups", rule="power", asset_id=ups.id)
    alert = trouble("host:1", rule="silence", asset_id=server.id, at=AT + MINUTE)
    signal(thing("asset:ups"), "power", finding(State.OK), at=AT + 2 * MINUTE)
    assert alert.status is AlertStatus.QUIET
    trouble("host:1", rule="silence", asset_id=server.id, at=AT + 3 * MINUTE)
    assert (alert.status, alert.cause_id) == (AlertStatus.OPEN, None)
    assert len(alerts()) == 2


def test_two_machines_in_a_circle_do_not_hide_each_other(people):
    """The register refuses circles; a row that is there all the same must hide nothing."""
    one, two = factories.asset(), factories.asset()
    stands(one, two)
    stands(two, one)
    first = trouble("host:1", rule="silence", asset_id=one.id)
    second = trouble("host:2", rule="silence", asset_id=two.id)
    look(AT + MINUTE)
    trouble("host:1", rule="silence", asset_id=one.id, at=AT + 2 * MINUTE)
    assert (first.status, second.status) == (AlertStatus.OPEN, AlertStatus.QUIET)
    assert first.cause_id is None


def test_a_machine_is_worth_as_much_as_what_runs_on_it(people):
    server = factories.asset(criticality=Criticality.LOW)
    module = factories.module(criticality=Criticality.LIFE)
    stands(module, server, DependencyKind.RUNS_ON)
    assert trouble("host:1", asset_id=server.id).criticality is Criticality.LIFE


def test_what_else_is_measured_on_a_dead_machine_goes_under_its_silence(people):
    server = factories.asset()
    check = trouble("check:1", rule="check", asset_id=server.id)
    silence = trouble("host:1", rule="silence", asset_id=server.id, at=AT + MINUTE)
    assert (check.cause_id, silence.cause_id) == (silence.id, None)


def test_a_stop_of_one_kind_of_asset_asks_once_for_all_that_it_may_concern(app):
    stop(type_key=factories.asset_type("server").key)
    site, found = factories.site(), []
    for count in (2, 20):
        assets = [factories.asset(site=site) for _ in range(count)]
        told_of = [
            Signal(thing(f"thing:{one.id}", asset_id=one.id), "disk:/", finding(State.CRITICAL))
            for one in assets
        ]
        with counted() as asked:
            signal_all(told_of, at=AT)
        found.append(sum("FROM asset" in one for one in asked))
    assert found == [1, 1]
