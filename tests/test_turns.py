"""Who wants to write to SQLite waits for its turn: soon told where somebody waits, else patient."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pysqlite3
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from itops import db as database
from itops import sqlite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "turns.db"


@pytest.fixture
def engine_of(path):
    """Make engines on one file, as processes of their own would."""
    made = []

    def make(seconds):
        engine = create_engine(
            f"sqlite:///{path}",
            module=sqlite.module(),
            connect_args={"check_same_thread": False},
        )
        sqlite.prepare(engine, reads_only=lambda: False, seconds=lambda: seconds)
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.dispose()


@contextmanager
def held(path, seconds):
    """Let another process's transaction hold the file for so long."""
    other = pysqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(seconds, other.execute, ("ROLLBACK",))
    timer.start()
    yield
    timer.join()
    other.close()


def write(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS one (id INTEGER)"))


def test_who_has_time_gets_its_turn_and_who_has_none_is_told(engine_of, path):
    patient, hasty = engine_of(20.0), engine_of(0.2)
    write(patient)
    with held(path, 2.0):
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            write(hasty)
        assert time.monotonic() - began < 2.0
        write(patient)
    assert time.monotonic() - began >= 1.9


def test_who_writes_on_and_on_in_another_process_lets_others_in(engine_of, path):
    hasty = engine_of(2.0)
    write(hasty)
    with subprocess.Popen([sys.executable, "-c", WRITES_ON_AND_ON, path]) as other:
        try:
            for _ in range(5):
                write(hasty)
                time.sleep(0.1)
            assert other.poll() is None
        finally:
            other.kill()


WRITES_ON_AND_ON = """
import sys, time, pysqlite3
from itops.sqlite import give_way
connection = pysqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
while True:
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(0.04)
    connection.execute("COMMIT")
    give_way()
"""


def test_threads_of_one_process_wait_by_the_same_rule(engine_of):
    hasty = engine_of(0.2)
    write(hasty)
    with hasty.begin(), pytest.raises(OperationalError, match="locked"):
        write(hasty)
    write(hasty)


def test_a_request_is_told_soon_and_background_work_is_patient(app):
    assert database.turn_seconds() == sqlite.PATIENT_SECONDS
    with app.test_request_context("/sign-in", method="POST"):
        app.preprocess_request()
        assert database.turn_seconds() == sqlite.BUSY_SECONDS
    assert database.turn_seconds() == sqlite.PATIENT_SECONDS
