"""The chain of the audit log: dense, alike on both databases, closed to who would bend it."""

import hashlib
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from itops.config import Settings
from itops.db import db
from itops.models import AuditAnchor, AuditEntry, AuditHead
from itops.models.audit import GENESIS
from itops.models.hashes import Algorithm, digest_by
from itops.services.audit import guards, hashing, reading
from itops.services.audit.seals import Seal
from itops.services.auditing import Actor, record
from itops.services.background import retention
from tests import factories
from tests.conftest import NOON

WANG = Actor(None, "王敏", "10.0.0.7")
DAY = timedelta(days=1)


def write(count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        at = NOON + timedelta(minutes=number)
        record("asset.edited", by=WANG, at=at, before={"n": 0}, after={"n": number, "名": "新"})
        db.session.commit()


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


@pytest.mark.both_databases
def test_an_entry_is_hashed_as_the_handbook_says(any_app):
    site = factories.site(name="县医院")
    record("place.renamed", site, by=WANG, at=NOON, before={"name": "旧"}, after={"name": "新"})
    db.session.commit()
    line = [
        *("itops-audit-1", 1, "sha256", GENESIS, "2026-03-02 04:00:00.000000", None, "王敏"),
        *("10.0.0.7", "place.renamed", "site", site.id, "县医院"),
        *('{"name": "旧"}', '{"name": "新"}', "done"),
    ]
    written = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    assert entries()[0].hash == hashlib.sha256(written.encode()).hexdigest()


def test_sm3_is_the_standards(any_app):
    """The example of GB/T 32905-2016, A.1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest_by(Algorithm.SM3)(b"abc") == expected


@pytest.mark.both_databases
def test_another_hash_function_is_no_break(any_app):
    write(2)
    hashing.choose(Algorithm.SM3, by=WANG, at=NOON)
    hashing.choose(Algorithm.SM3, by=WANG, at=NOON)
    db.session.commit()
    write(2)
    assert [entry.algorithm.value for entry in entries()] == ["sha256"] * 3 + ["sm3"] * 2
    assert reading.verify_all([]).is_whole


@pytest.mark.both_databases
def test_what_is_rolled_back_leaves_no_gap(any_app):
    write(2)
    record("asset.edited", by=WANG, at=NOON)
    db.session.flush()
    db.session.rollback()
    write(2)
    assert [entry.id for entry in entries()] == [1, 2, 3, 4]
    assert reading.verify_all([]).is_whole


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "bend",
    [
        update(AuditEntry).values(actor_name="x"),
        delete(AuditEntry),
        update(AuditHead).values(position=0),
        update(AuditHead).values(hash="x"),
        delete(AuditHead),
        text("INSERT INTO audit_anchor VALUES (1, 2, 'x', '2026-03-02', 'sha256', 'x', 'x')"),
    ],
    ids=["update", "delete", "head_back", "head_hash", "no_head", "anchor"],
)
def test_the_database_refuses_to_bend_it(any_app, bend):
    write(3)
    with pytest.raises(IntegrityError):
        db.session.execute(bend)
    db.session.rollback()
    assert len(entries()) == 3


def test_the_database_refuses_to_replace_an_entry(any_app):
    write(1)
    with pytest.raises(IntegrityError):
        db.session.execute(text("REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE id = 1"))


@pytest.mark.both_databases
def test_guards_that_are_gone_or_altered_are_missed_and_put_back(any_app):
    with db.engine.begin() as connection:
        guards.lift(connection)
        assert len(guards.missing(connection)) == 9
        guards.settle(connection)
        assert guards.missing(connection) == []


def write_old(*days: int) -> None:
    for number in days:
        record("asset.edited", by=WANG, at=NOON - number * DAY)
        db.session.commit()


def cut(days_ago: int = 0) -> None:
    at = NOON - days_ago * DAY
    for _ in retention.thin_evidence(at, Settings(keep_audit_days=1)):
        db.session.commit()


@pytest.mark.both_databases
def test_retention_cuts_behind_an_anchor_and_the_rest_is_whole(any_app):
    write_old(400, 300, 185, 183, 1)
    cut()
    assert [entry.id for entry in entries()] == [4, 5, 6]
    anchor = db.session.scalars(select(AuditAnchor)).one()
    assert (anchor.position, anchor.hash) == (3, entries()[0].previous_hash)
    found = reading.verify_all([])
    assert (found.is_whole, found.entries, found.first, found.last) == (True, 3, 4, 6)


@pytest.mark.both_databases
def test_a_second_cut_waits_a_month_and_follows_the_first(any_app):
    write_old(700, 500, 430, 1)
    for days_ago in (250, 249, 0):
        cut(days_ago)
    first, second = db.session.scalars(select(AuditAnchor).order_by(AuditAnchor.id))
    assert (first.position, second.position) == (2, 3)
    assert second.previous_hash == first.own_hash
    assert reading.verify_all([]).is_whole


@pytest.mark.both_databases
def test_a_cut_of_what_was_sealed_lately_is_found(any_app):
    write_old(400, 230, 200, 1)
    cut()
    seal = Seal(2, "0" * 64, "sha256", (NOON - 10 * DAY).isoformat())
    assert reading.verify_all([seal]).counts == {"cut_early": 1}


@pytest.mark.both_databases
def test_writers_at_the_same_time_make_one_chain(any_app):
    """Eight writers, each with rows of its own beside: no gap, no fork, no deadlock."""
    failures = []

    def work(number: int) -> None:
        with any_app.app_context():
            try:
                for turn in range(10):
                    factories.site(name=f"{number}-{turn}")
                    record("place.added", by=WANG, at=NOON, after={"n": number})
                    db.session.commit()
            except SQLAlchemyError as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = reading.verify_all([])
    assert (found.is_whole, found.entries) == (True, 80)
