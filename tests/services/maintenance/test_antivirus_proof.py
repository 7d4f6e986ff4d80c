"""Antivirus updates: agents close orders by themselves, and both must agree or it is raised."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import HostState, Inventory, ProvenBy, WorkOrderItem, WorkStatus
from itops.services.maintenance import antivirus, attesting, evidence, signing
from itops.services.maintenance.attesting import Claim
from tests import factories
from tests.services.maintenance.planned import TODAY, actor, at, order, records

RULE = "antivirus_signatures"
TOMORROW = TODAY + timedelta(days=1)


def machine(days: float, *, seen=None, asset=None):
    """Return an asset whose agent saw, at `seen`, signatures that were so many days old then."""
    seen = seen or at(hour=8)
    found = asset or factories.asset(site=factories.site())
    host = factories.host(asset=found)
    db.session.add(Inventory(host_id=host.id, taken_at=seen.at, received_at=seen.at, document={}))
    look_again(host.id, days, seen)
    return found


def look_again(host_id: int, days: float, seen) -> None:
    """Let the agent of a host send a newer inventory."""
    signed = (seen.at - timedelta(days=days)).timestamp()
    db.session.get_one(HostState, host_id).streaks = {"antivirus": [["火绒", True, signed]]}
    db.session.flush()
    db.session.get_one(Inventory, host_id).taken_at = seen.at
    db.session.flush()


def host_of_all() -> int:
    return db.session.scalars(select(Inventory.host_id)).one()


def test_an_order_whose_machines_are_all_fresh_closes_by_itself_with_the_figures_kept(app):
    site = factories.site()
    assets = [machine(1, asset=factories.asset(site=site)) for _ in range(3)]
    made = order(assets=assets, evidence_rule=RULE)
    assert evidence.prove(made, at()) is True
    assert (made.status, made.proof, made.done_by) == (WorkStatus.DONE, ProvenBy.MACHINE, "")
    assert made.done_on == TODAY
    kept = records(made)
    assert {one.kind for one in kept} == {ProvenBy.MACHINE}
    assert kept[0].facts["product"] == "火绒"
    assert kept[0].facts["signature_at"].startswith("2026-11-22T00:00")


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, State.OK), (2.9, State.OK), (3.1, State.WARNING), (7.1, State.CRITICAL), (-30, "unknown")],
)
def test_signatures_older_than_3_days_are_amber_and_than_7_red(days, state, app):
    asset = machine(days)
    assert antivirus.look([asset.id], at=at(hour=8).at)[asset.id].state == state


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (None, State.UNKNOWN),
        ([], State.CRITICAL),
        ([["A", False, 0.0]], State.CRITICAL),
        ([["A", True, None]], State.UNKNOWN),
        ([["A", None, None]], State.UNKNOWN),
    ],
)
def test_what_an_inventory_does_not_say_proves_nothing(known, state):
    now = at().at
    assert antivirus.judge(known, now, at=now).state is state


def test_an_inventory_of_last_week_says_nothing_about_today(app):
    asset = machine(0, seen=at(TODAY - timedelta(days=7)))
    verdict = antivirus.look([asset.id], at=at().at)[asset.id]
    assert verdict.state is State.UNKNOWN
    assert verdict.message.key == "evidence.antivirus.inventory_old"


def test_a_machine_that_no_agent_sees_needs_a_persons_word_and_is_told_apart(app):
    site = factories.site()
    seen, unseen = machine(1, asset=factories.asset(site=site)), factories.asset(site=site)
    made = order(assets=[seen, unseen], evidence_rule=RULE)
    assert evidence.prove(made, at()) is False
    left = db.session.scalars(select(WorkOrderItem).where(WorkOrderItem.done_at.is_(None))).one()
    assert left.asset_id == unseen.id
    attesting.attest(made, left, Claim({}), by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)
    items = db.session.scalars(
        select(WorkOrderItem.proof).order_by(WorkOrderItem.id).execution_options()
    ).all()
    assert items == [ProvenBy.MACHINE, ProvenBy.PERSON]


def test_both_agree_and_the_machine_has_proven_it(app):
    made = order(asset=machine(1), evidence_rule=RULE)
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.MACHINE)
    assert [one.kind for one in records(made)] == [ProvenBy.PERSON, ProvenBy.MACHINE]


def test_a_word_that_an_older_look_contradicts_waits_for_the_next_look(app):
    made = order(asset=machine(9), evidence_rule=RULE)
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert made.status is WorkStatus.WAITING
    assert evidence.prove(made, at(hour=10)) is False
    assert made.is_disputed is False
    look_again(host_of_all(), 0, at(hour=11))
    assert evidence.prove(made, at(hour=12)) is True
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.MACHINE)


def test_a_word_that_a_later_look_contradicts_is_raised_once(app):
    made = order(asset=machine(9), evidence_rule=RULE)
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    look_again(host_of_all(), 9, at(hour=11))
    for hour in (12, 13):
        evidence.prove(made, at(hour=hour))
    assert (made.is_disputed, made.status) == (True, WorkStatus.IN_PROGRESS)
    assert len(records(made, holds=False)) == 1
    look_again(host_of_all(), 0, at(hour=14))
    assert evidence.prove(made, at(hour=15)) is True
    assert (made.is_disputed, made.proof) == (False, ProvenBy.MACHINE)
    assert len(records(made, holds=False)) == 1


def test_a_dispute_is_settled_by_somebody_else_with_a_reason(app):
    made = order(asset=machine(9), evidence_rule=RULE)
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    look_again(host_of_all(), 9, at(hour=11))
    evidence.prove(made, at(hour=12))
    given: dict[str, Any] = {"version": made.version, "now": at(hour=13)}
    with pytest.raises(Refused, match="sign_own_work"):
        signing.clear_up(made, reason="代理没有重启", by=actor(), **given)
    with pytest.raises(Invalid):
        signing.clear_up(made, reason="", by=actor("张主任"), **given)
    signing.clear_up(made, reason="代理没有重启", by=actor("张主任"), **given)
    assert made.is_disputed is False
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)


def test_what_was_closed_on_a_word_is_raised_when_a_machine_then_says_it_was_not_so(app):
    asset = factories.asset(site=factories.site())
    made = order(assets=[asset], evidence_rule=RULE)
    item = db.session.scalars(select(WorkOrderItem)).one()
    attesting.attest(made, item, Claim({}), by=actor(), now=at())
    assert made.status is WorkStatus.DONE
    machine(11, seen=at(TOMORROW), asset=asset)
    assert evidence.doubt_all(at(TOMORROW, hour=10)) == 1
    assert made.is_disputed is True
    assert evidence.doubt_all(at(TOMORROW, hour=11)) == 0


def test_renewed_in_time_before_the_word_nothing_is_raised(app):
    asset = factories.asset(site=factories.site())
    made = order(assets=[asset], evidence_rule=RULE)
    item = db.session.scalars(select(WorkOrderItem)).one()
    attesting.attest(made, item, Claim({}), by=actor(), now=at())
    machine(3.5, seen=at(TOMORROW), asset=asset)
    assert evidence.doubt_all(at(TOMORROW, hour=10)) == 0
    assert made.is_disputed is False
