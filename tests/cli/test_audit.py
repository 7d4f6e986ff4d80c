"""`itops audit`: a whole log, a bent one, seals, and guards that are put back."""

import json
import sqlite3
from contextlib import closing

import pytest

from itops.db import db
from itops.services.audit import guards
from itops.services.auditing import Actor, record
from tests.cli.test_commands import answer, folder, inside, itops
from tests.conftest import NOON

__all__ = ["folder", "inside", "itops"]


@pytest.fixture
def log(folder, inside):
    for number in range(3):
        record("user.edited", by=Actor(None, "王敏"), at=NOON, after={"n": number})
        db.session.commit()
    return folder


def bend(folder, statement):
    with closing(sqlite3.connect(folder / "itops.db")) as connection:
        for name in guards.SQLITE:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


def seal_of(folder, position):
    with closing(sqlite3.connect(folder / "itops.db")) as connection:
        (own,) = connection.execute("SELECT hash FROM audit_entry WHERE id = 3").fetchone()
    line = {"position": position, "hash": own, "algorithm": "sha256", "at": NOON.isoformat()}
    path = folder / "elsewhere.jsonl"
    path.write_text(json.dumps(line) + "\n")
    return str(path)


def test_a_whole_log_without_a_seal_leaves_a_doubt(log, itops):
    done = itops("audit", "verify")
    assert done.exit_code == 1, done.stderr
    assert "The log is whole: 3 entries, from 1 to 3" in done.stdout
    assert "no seal to compare with" in done.stdout


def test_a_whole_log_with_its_seal_is_whole(log, itops):
    done = itops("audit", "verify", "--seals", seal_of(log, 3), "--json")
    found = answer(done)
    assert (found["is_whole"], found["seals"], found["faults"]) == (True, 1, [])


def test_a_bent_log_is_found_and_said(log, itops):
    seal = seal_of(log, 3)
    bend(log, "UPDATE audit_entry SET actor_name = 'x' WHERE id = 2")
    done = itops("audit", "verify", "--seals", seal)
    assert done.exit_code == 2
    assert "Entry 2 was edited" in done.stdout
    assert "itops audit guard" in done.stdout
    assert itops("audit", "guard").exit_code == 0
    assert json.loads(itops("audit", "verify", "--json").stdout)["unguarded"] == []


def test_a_seal_file_that_is_none_is_refused(log, itops):
    path = log / "none.jsonl"
    path.write_text('{"position": 1}\n')
    done = itops("audit", "verify", "--seals", str(path))
    assert done.exit_code == 1
    assert "none.jsonl, line 1: this is no seal" in done.stderr
