"""Episodes: whatever is measured, there is one at a time, and people hear of it twice at most."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from itops.checks.base import State
from itops.db import db
from itops.errors import Refused
from itops.models import Alert, AlertEvent, AlertStatus, DeliveryKind
from itops.models.alert import MOVES
from itops.services.alerting import rules
from itops.services.alerting.signals import signal, withdraw
from tests.conftest import empty
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

STATES = st.sampled_from(list(State))
STEPS = st.lists(st.tuples(STATES, st.integers(1, 90), st.integers(0, 1)), max_size=25)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS, attempts=st.integers(1, 4))
def test_any_sequence_of_verdicts_is_one_episode_at_a_time_and_two_messages_each(
    app, steps, attempts
):
    """At most one open episode, ≤ 1 problem and ≤ 1 recovery a person; never one without cause."""
    people = [engineer(email=f"{name}@x.example") for name in "ab"]
    channel = mail_channel()
    for person in people:
        told(channel, person)
    at, bad_in_a_row, subject = AT, 0, thing(attempts=attempts)
    for state, minutes, settles in steps:
        at += minutes * MINUTE
        signal(subject, "disk:/", finding(state), at=at)
        if settles:
            look(at)
        db.session.commit()
        bad_in_a_row = bad_in_a_row + 1 if state is not State.OK else 0
        standing = [one for one in alerts() if one.open_key is not None]
        assert len(standing) <= 1
        if bad_in_a_row >= attempts:
            assert [one.status for one in standing] == [AlertStatus.OPEN]
    told_of = Counter((one.kind, one.alert_id, one.outbox_id) for one in messages())
    assert set(told_of.values()) <= {1}
    by_alert = {one.id: one for one in alerts()}
    for one in messages(DeliveryKind.PROBLEM):
        assert one.alert_id is not None
        assert by_alert[one.alert_id].opened_at is not None
    assert not messages(DeliveryKind.RECOVERY)  # nothing was sent, so there is nothing to take back
    db.session.rollback()
    empty()


@pytest.mark.both_databases
def test_the_database_itself_allows_one_episode_at_a_time(any_app):
    first = trouble()
    row = {column.key: getattr(first, column.key) for column in Alert.__mapper__.column_attrs}
    with pytest.raises(IntegrityError):
        db.session.execute(insert(Alert).values({**row, "id": first.id + 1}))
    db.session.rollback()


def test_an_episode_hardens_after_as_many_bad_verdicts_as_its_subject_wants(app):
    subject = thing(attempts=3)
    seen = []
    for minute in range(4):
        alert = signal(subject, "check", finding(State.CRITICAL), at=AT + minute * MINUTE)
        seen.append(alert.status if alert else None)
    assert seen == [AlertStatus.SOFT, AlertStatus.SOFT, AlertStatus.OPEN, AlertStatus.OPEN]


def test_one_good_verdict_before_that_leaves_nothing_behind(app):
    subject = thing(attempts=3)
    signal(subject, "check", finding(State.CRITICAL), at=AT)
    assert signal(subject, "check", finding(State.OK), at=AT + MINUTE) is None
    assert alerts() == []


def test_a_good_verdict_on_what_was_never_bad_does_nothing(app):
    assert signal(thing(), "check", finding(State.OK), at=AT) is None
    assert alerts() == []


def test_what_can_not_be_seen_makes_no_alert(app):

    aside = replace(finding(State.UNKNOWN), counts=False)
    assert signal(thing(), "disk:/", aside, at=AT) is None


def test_a_late_verdict_changes_nothing(app):
    alert = trouble(at=AT)
    signal(thing(), "disk:/", finding(State.OK), at=AT - MINUTE)
    assert alert.status is AlertStatus.OPEN
    signal(thing(), "disk:/", finding(State.WARNING), at=AT - MINUTE)
    assert alert.state is State.CRITICAL


def test_what_worsens_stays_one_episode_and_reaches_who_only_wants_the_worst(app):
    channel = mail_channel()
    all_of_it, worst = engineer(email="a@x.example"), engineer(email="b@x.example")
    told(channel, all_of_it)
    told(channel, worst, from_state=State.CRITICAL)
    alert = trouble(state=State.WARNING)
    assert [one.recipient for one in messages()] == ["a@x.example"]
    trouble(state=State.CRITICAL, at=AT + MINUTE)
    trouble(state=State.WARNING, at=AT + 2 * MINUTE)
    trouble(state=State.CRITICAL, at=AT + 3 * MINUTE)
    assert [one.recipient for one in messages()] == ["a@x.example", "b@x.example"]
    assert (len(alerts()), alert.worst) == (1, State.CRITICAL)


def test_what_comes_and_goes_is_held_open_until_it_has_been_well_for_long(app):
    """A disk that is full and not full every six minutes is two episodes a day, not 240."""
    told(mail_channel(), engineer())
    at = AT
    while at < AT + timedelta(hours=24):
        trouble(at=at)
        signal(thing(), "disk:/", finding(State.OK), at=at + 3 * MINUTE)
        look(at + 5 * MINUTE)
        at += 6 * MINUTE
    found = alerts()
    assert len(found) == 2
    assert len(messages(DeliveryKind.PROBLEM)) == 2
    assert found[1].status is AlertStatus.OPEN
    look(at + rules.LONGEST_HOLD)
    assert alerts()[1].status == "resolved"
    late = at + rules.LONGEST_HOLD + timedelta(days=1)
    assert trouble(at=late).returns == 0


def test_the_timeline_tells_the_story(app):
    trouble(state=State.WARNING)
    trouble(state=State.CRITICAL, at=AT + MINUTE)
    signal(thing(), "disk:/", finding(State.OK), at=AT + 2 * MINUTE)
    events = list(db.session.scalars(select(AlertEvent).order_by(AlertEvent.id)))
    assert [one.key.removeprefix("alert.event.") for one in events] == [
        "opened",
        "changed",
        "resolved",
    ]
    assert [one.state for one in events] == [State.WARNING, State.CRITICAL, State.OK]


def test_what_nobody_looks_after_any_more_is_over(app):
    alert = trouble()
    withdraw("thing:1", at=AT + MINUTE)
    assert alert.status is AlertStatus.RESOLVED


def test_two_rules_of_one_subject_are_two_episodes(app):
    trouble(rule="disk:/")
    trouble(rule="cpu")
    assert len(alerts()) == 2


def test_a_rule_longer_than_its_column_is_still_one_rule(app):
    long = "disk:/" + "很长" * 500
    first, second = trouble(rule=long), trouble(rule=long, at=AT + MINUTE)
    assert first is second
    assert trouble(rule=long + "x").id != first.id


@pytest.mark.parametrize("old", list(AlertStatus))
@pytest.mark.parametrize("new", list(AlertStatus))
def test_an_episode_goes_only_where_the_table_says(old, new):

    alert = Alert(status=old)
    if new in MOVES[old]:
        alert.move_to(new, at=AT)
        assert alert.status is new
    else:
        with pytest.raises(Refused):
            alert.move_to(new, at=AT)
