"""Retention keeps what the settings say, and evidence never less than 184 days."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.models import (
    AuditEntry,
    HistoryBlock,
    InventoryChange,
    Job,
    JobState,
    SignInFailure,
    StateChange,
)
from itops.services.background import housekeeping, retention
from itops.services.history.writing import write_block
from tests import factories
from tests.conftest import NOON

pytestmark = pytest.mark.both_databases
DAY = timedelta(days=1)


def run(pieces: Iterator[None]) -> int:
    count = 0
    for _ in pieces:
        db.session.commit()
        count += 1
    return count


def seconds(at: datetime) -> int:
    return int(at.timestamp()) // 3600 * 3600


def starts(step: int) -> list[int]:
    return sorted(
        db.session.scalars(
            select(HistoryBlock.start_seconds).where(HistoryBlock.step_seconds == step)
        )
    )


def test_blocks_go_when_their_whole_window_is_older_than_the_setting(any_app):
    host = factories.host()
    settings = Settings(keep_samples_days=7, keep_five_minutes_days=200, keep_hours_days=400)
    for step, days in ((60, 9), (300, 206), (3600, 440)):
        write_block(host.id, step, seconds(NOON - days * DAY), {"cpu.percent": [1.0] * 10})
        write_block(host.id, step, seconds(NOON - DAY), {"cpu.percent": [1.0] * 10})
    db.session.commit()
    before = {step: len(starts(step)) for step in (60, 300, 3600)}
    run(retention.thin_out(NOON, settings))
    for step, days, window in ((60, 7, 21600), (300, 200, 172800), (3600, 400, 2592000)):
        left = starts(step)
        assert 0 < len(left) < before[step]
        assert all(start + window > (NOON - days * DAY).timestamp() for start in left)


def changes(host_id: int) -> None:
    for days in (400, 185, 183, 100):
        at = NOON - days * DAY
        db.session.add_all(
            [
                StateChange(host_id=host_id, at=at, old=State.OK, new=State.WARNING),
                InventoryChange(host_id=host_id, at=at, key="inventory.memory"),
                AuditEntry(at=at, actor_name="tester", action="asset.edited"),
            ]
        )
    db.session.commit()


@pytest.mark.parametrize(("days", "left"), [(1, 2), (184, 2), (300, 3), (1827, 4)])
def test_evidence_of_the_last_184_days_stays_whatever_the_setting(any_app, days, left):
    changes(factories.host().id)
    run(retention.thin_out(NOON, Settings(keep_audit_days=days)))
    for model in (StateChange, InventoryChange):
        assert len(db.session.scalars(select(model)).all()) == left
    entries = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    # The cut itself is an entry, the newest one.
    assert entries == ["asset.edited"] * left + ["audit.cut"] * (left < 4)


def test_housekeeping_deletes_what_has_ended_and_nothing_else(any_app):
    for hours in (1, 30):
        db.session.add(SignInFailure(address="10.0.0.1", at=NOON - timedelta(hours=hours)))
    for days, state in ((40, JobState.DONE), (40, JobState.WAITING), (2, JobState.FAILED)):
        at = NOON - days * DAY
        finished = None if state is JobState.WAITING else at
        db.session.add(Job(kind="load", state=state, created_at=at, finished_at=finished))
    db.session.commit()
    assert run(housekeeping.tidy_up(NOON, Settings())) == 5
    assert len(db.session.scalars(select(SignInFailure)).all()) == 1
    kept = set(db.session.scalars(select(Job.state)))
    assert kept == {JobState.WAITING, JobState.FAILED}
