"""Orders are made ahead, each date once, whatever dies, and however often it is tried."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import Counts, Lifecycle, WorkOrder, WorkOrderItem, WorkStatus
from itops.services.maintenance import attesting, closing, making, planning, work_orders
from itops.services.maintenance.attesting import Claim
from tests import factories
from tests.services.maintenance.planned import TODAY, actor, at, plan


def dates() -> list[date]:
    return list(db.session.scalars(select(WorkOrder.due_on).order_by(WorkOrder.due_on)))


def run(now) -> None:
    for _ in making.make_due(now):
        db.session.commit()


@pytest.mark.both_databases
def test_an_order_is_made_so_many_days_before_it_is_due(any_app):
    plan(starts_on=TODAY + timedelta(days=10), lead_days=7)
    db.session.commit()
    run(at(TODAY + timedelta(days=2)))
    assert dates() == []
    run(at(TODAY + timedelta(days=3)))
    assert dates() == [TODAY + timedelta(days=10)]


@pytest.mark.both_databases
def test_after_three_days_of_standstill_each_missed_date_is_made_once_and_overdue(any_app):
    """F12."""
    plan()
    db.session.commit()
    run(at())
    run(at(TODAY + timedelta(days=4)))
    run(at(TODAY + timedelta(days=4), hour=10))
    assert dates() == [TODAY + timedelta(days=day) for day in range(5)]


def test_a_clock_that_jumps_makes_none_twice_and_goes_on_where_it_was(app):
    """F13: forward by a week, back by a month, and on."""
    plan()
    db.session.commit()
    for day in (0, 7, -30, 3, 8):
        run(at(TODAY + timedelta(days=day)))
    assert dates() == [TODAY + timedelta(days=day) for day in range(9)]


@pytest.mark.both_databases
def test_two_makers_at_once_make_each_of_1000_dates_once(any_app):
    """F11."""
    site = factories.site()
    for number in range(100):
        plan(site=site, name=f"计划{number}", starts_on=TODAY - timedelta(days=9))
    db.session.commit()
    start = threading.Barrier(2)

    def work() -> None:
        with any_app.app_context():
            start.wait(timeout=30)
            run(at())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    db.session.rollback()
    rows = select(func.count(), func.count(func.distinct(WorkOrder.id)))
    assert db.session.execute(rows.select_from(WorkOrder)).one() == (1000, 1000)
    pairs = select(WorkOrder.plan_id, WorkOrder.due_on).distinct().subquery()
    assert db.session.scalar(select(func.count()).select_from(pairs)) == 1000


def test_an_order_for_a_type_has_an_item_for_each_machine_in_service_there(app):
    site = factories.site()
    room, other = factories.location(site=site), factories.location(site=site)
    ours = [factories.asset(site=site, location=room) for _ in range(3)]
    factories.asset(site=site, location=other)
    factories.asset(site=site, location=room, lifecycle=Lifecycle.RETIRED)
    factories.asset(location=room)
    factories.asset(site=site, location=room, type=factories.asset_type("ups"))
    plan(site=site, type_key="workstation", location=room)
    db.session.commit()
    run(at())
    items = db.session.scalars(select(WorkOrderItem.asset_id).order_by(WorkOrderItem.asset_id))
    assert list(items) == [one.id for one in ours]


def test_a_type_without_a_machine_makes_no_order_and_does_not_stand_still(app):
    made = plan(type_key=factories.asset_type("ups").key)
    db.session.commit()
    run(at())
    db.session.refresh(made)
    assert dates() == []
    assert made.next_due_on == TODAY + timedelta(days=1)


def test_counted_from_completion_the_next_order_comes_once_the_last_is_done(app):
    made = plan(recurrence="FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=23", counts=Counts.COMPLETION)
    db.session.commit()
    run(at(TODAY + timedelta(days=400)))
    assert dates() == [TODAY]
    order = db.session.scalars(select(WorkOrder)).one()
    done = at(TODAY + timedelta(days=20))
    finish(order, done)
    db.session.commit()
    assert made.next_due_on == date(2027, 6, 13)
    run(at(date(2027, 6, 13)))
    assert dates() == [TODAY, date(2027, 6, 13)]


def test_cancelled_counts_as_if_it_had_been_done_on_its_day(app):
    made = plan(recurrence="FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=23", counts=Counts.COMPLETION)
    db.session.commit()
    run(at())
    order = db.session.scalars(select(WorkOrder)).one()
    later = at(TODAY + timedelta(days=9))
    work_orders.move(order, WorkStatus.CANCELLED, reason="没有这台了", by=actor(), now=later)
    assert made.next_due_on == date(2027, 5, 23)


def test_done_early_the_next_date_is_later_all_the_same(app):
    """Next due strictly increases, also where the interval is shorter than the lead."""
    made = plan(recurrence="FREQ=DAILY;INTERVAL=3", counts=Counts.COMPLETION, lead_days=14)
    db.session.commit()
    run(at(TODAY - timedelta(days=14)))
    order = db.session.scalars(select(WorkOrder)).one()
    finish(order, at(TODAY - timedelta(days=13)))
    assert made.next_due_on == TODAY + timedelta(days=1)


def test_a_plan_that_rests_makes_nothing_and_does_not_make_up_for_it(app):
    made = plan()
    db.session.commit()
    planning.switch(made, on=False, by=actor(), now=at())
    run(at(TODAY + timedelta(days=3)))
    assert dates() == []
    planning.switch(made, on=True, by=actor(), now=at(TODAY + timedelta(days=5)))
    run(at(TODAY + timedelta(days=5)))
    assert dates() == [TODAY + timedelta(days=5)]


def test_resting_takes_back_later_orders_that_nobody_touched_and_keeps_the_others(app):
    made = plan(lead_days=5)
    db.session.commit()
    run(at())
    touched = db.session.scalars(select(WorkOrder).order_by(WorkOrder.due_on)).all()[3]
    work_orders.assign(touched, factories.user().id, by=actor(), now=at())
    planning.switch(made, on=False, by=actor(), now=at())
    assert dates() == [TODAY, TODAY + timedelta(days=3)]


def test_a_tenth_of_the_interval_in_whole_days_is_still_on_time():
    intervals = {1: 0, 7: 1, 14: 1, 30.44: 3, 6 * 30.44: 18, 365.25: 37}
    assert {days: making.grace_days(days) for days in intervals} == intervals


def finish(order, now) -> None:
    """Let somebody sign that the whole order is done."""
    attesting.attest(order, None, Claim({}), by=actor(), now=now)
    assert order.status is WorkStatus.DONE
    assert closing.settle(order, by="", now=now) is False


@pytest.mark.both_databases
def test_a_maker_that_dies_before_its_commit_leaves_all_to_the_next(any_app):
    made = plan(starts_on=TODAY - timedelta(days=4))
    db.session.commit()
    assert making.make(made, at()) == 5
    db.session.rollback()  # what a killed process leaves
    db.session.expire_all()
    run(at())
    assert dates() == [TODAY - timedelta(days=ago) for ago in (4, 3, 2, 1, 0)]
