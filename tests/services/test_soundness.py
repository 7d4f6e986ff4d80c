"""A damaged file is not served: it is found at the start, in the time that a start may take."""

import sqlite3
from contextlib import closing

import pytest

from itops.db import db
from itops.errors import Misconfigured
from itops.services import soundness
from tests.cli.test_commands import folder, inside, itops

__all__ = ["folder", "inside", "itops"]


def test_a_sound_file_is_sound_and_one_too_large_for_the_time_is_not_held_against_it(inside):
    assert soundness.refuse_damaged(db.engine)
    with closing(sqlite3.connect(str(db.engine.url.database))) as connection:
        connection.execute("CREATE TABLE filler (t TEXT)")
        connection.executemany("INSERT INTO filler VALUES (?)", [("x" * 500,)] * 20_000)
        connection.execute("CREATE INDEX by_t ON filler (t)")
        connection.commit()
    assert not soundness.refuse_damaged(db.engine, seconds=0.0)


@pytest.mark.parametrize("command", [("db", "upgrade"), ("demo", "load")])
def test_a_damaged_file_is_refused_in_one_line_that_says_what_to_do(itops, folder, command):
    file = folder / "itops.db"
    content = bytearray(file.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    file.write_bytes(content)
    refused = itops(*command)
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1


def test_the_start_says_how_to_put_the_newest_copy_back(inside, folder):
    file = folder / "itops.db"
    content = bytearray(file.read_bytes())
    content[10 * 4096] ^= 0xFF
    file.write_bytes(content)
    db.engine.dispose()
    with pytest.raises(Misconfigured) as refused:
        soundness.refuse_damaged(db.engine)
    assert refused.value.message.key == "start.damaged"
