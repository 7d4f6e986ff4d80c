"""F20: whatever is edited, deleted, put in, moved or cut off in the audit log is found."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from itops.db import db
from itops.models.hashes import Algorithm
from itops.services.audit import hashing, verifying
from itops.services.audit.seals import Seal
from itops.services.auditing import Actor, record
from tests.conftest import NOON
from tests.faults import tampering

ENTRIES = 40
WANG = Actor(7, "王敏", "10.0.0.7")


def write_a_log() -> None:
    """Write entries of every shape; in the middle the hash function changes."""
    for number in range(ENTRIES):
        if number == ENTRIES // 2:
            hashing.choose(Algorithm.SM3, by=WANG, at=NOON)
        at = NOON + timedelta(minutes=number)
        before = {"name": "旧", "n": number} if number % 3 else None
        after = {"name": "新 𠮷", "x": [1, 2.5, None]} if number % 2 else None
        record(f"test.{number % 4}", by=WANG, at=at, before=before, after=after)
        db.session.commit()


def sealed(connection: Connection, positions: set[int]) -> list[Seal]:
    return [
        Seal(row[0], row[-1], row[1], NOON.isoformat())
        for row in verifying.rows(connection, 0)
        if row[0] in positions
    ]


@pytest.mark.faults
@pytest.mark.both_databases
def test_1000_of_1000_bent_logs_are_found(any_app, full):
    write_a_log()
    draw = random.Random(20)  # noqa: S311 - draws ways to bend, keeps no secret
    rounds = full(1000)
    missed, tried = [], dict.fromkeys((way.__name__ for way in tampering.WAYS), 0)
    with db.engine.connect() as connection:
        seals = sealed(connection, {9, 25, ENTRIES + 1})
        assert verifying.verify(connection, seals).is_whole
        for number in range(rounds):
            connection.rollback()
            way = tampering.bend(connection, draw)
            tried[way] += 1
            if verifying.verify(connection, seals).is_whole:
                missed.append((number, way))
        connection.rollback()
        assert verifying.verify(connection, seals).is_whole
    print(f"F20: {rounds - len(missed)} of {rounds} found: {tried}")  # noqa: T201 - the figure
    assert not missed
    assert all(tried.values())
