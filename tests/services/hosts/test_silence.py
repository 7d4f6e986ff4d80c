"""Falling silent is a change of state like any other, written once, by whoever sees it first."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.models import StateChange
from itops.services.hosts import silence
from tests import factories
from tests.conftest import NOON

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)


@pytest.fixture
def host(any_app):
    """A host that was well until its word was no longer good at noon."""
    made = factories.host(
        state={
            "state": State.OK,
            "last_seen_at": NOON - 3 * MINUTE,
            "taken_at": NOON - 3 * MINUTE,
            "stale_at": NOON,
        }
    )
    db.session.commit()
    return made


def changes():
    statement = select(StateChange.at, StateChange.old, StateChange.new).order_by(StateChange.at)
    return [tuple(row) for row in db.session.execute(statement)]


def test_a_host_that_falls_silent_changes_its_state_as_of_that_moment(host):
    silence.note(at=NOON + 5 * MINUTE)
    silence.note(at=NOON + 6 * MINUTE)

    assert changes() == [(NOON, State.OK, State.UNKNOWN)]


def test_before_its_word_is_old_nothing_is_said(host):
    silence.note(at=NOON - MINUTE)

    assert changes() == []


def test_who_comes_back_was_silent_first_and_both_are_told_once(host):
    silence.note(at=NOON + MINUTE)
    silence.note_return([host.id], at=NOON + 9 * MINUTE)

    assert changes() == [
        (NOON, State.OK, State.UNKNOWN),
        (NOON + 9 * MINUTE, State.UNKNOWN, State.OK),
    ]


def test_who_said_farewell_is_not_silent(any_app):
    factories.host(state={"state": State.OK, "stale_at": NOON, "farewell_at": NOON - MINUTE})
    db.session.commit()

    silence.note(at=NOON + 5 * MINUTE)

    assert changes() == []
