"""Writers of one process take turns at SQLite, and whoever is done lets the next one in."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from itops.db import db, reading


def add_site(connection):
    row = text("INSERT INTO duty (name, due_at, last_error) VALUES ('gate', '2026-03-02', '')")
    connection.execute(row)


def count():
    with reading(), db.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM duty WHERE name = 'gate'"))


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_after_the_end_of_a_transaction_the_next_writer_begins(app, end):
    db.session.rollback()
    first = db.engine.connect()
    add_site(first)
    waited = threading.Thread(target=write_once, args=(db.engine,))
    waited.start()
    getattr(first, end)()
    waited.join(5)
    assert not waited.is_alive()
    first.close()


def write_once(engine):
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM duty WHERE name = 'gate'"))


def test_a_failed_statement_does_not_keep_the_others_out(app):
    db.session.rollback()
    with pytest.raises(OperationalError), db.engine.begin() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    with db.engine.begin() as connection:
        add_site(connection)
    assert count() == 1


def test_readers_wait_for_nobody(app):
    db.session.rollback()
    with db.engine.connect() as writer:
        add_site(writer)
        assert count() == 0
