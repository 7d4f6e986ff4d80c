"""F9: one byte of the database's file is flipped, 200 times over: who finds it, and what is served.

What breaks the file's structure is found at the start and by the restore test; what was written
once (the log, attachments) by the daily restore test, along its chain and digests. A letter of a
row that may change carries nothing to compare it with: that share is measured here.
"""

import shutil
from contextlib import closing
from random import Random

import pysqlite3
import pytest

from itops.clock import utcnow
from itops.db import db
from itops.errors import Misconfigured
from itops.remote.backups import sqlite_copy
from itops.remote.backups.faults import Damaged
from itops.services import auditing, soundness
from itops.services.archives import contents, opening
from itops.services.auditing import Actor
from tests import factories

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: The search's own tables are read, too.
TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
#: Of the flips that change what a reader gets.
LEAST_FOUND = 0.75


@pytest.fixture
def sound(any_app, tmp_path):
    """The file of a hospital with assets, a log and photos, and nothing open on it."""
    random = Random(9)  # noqa: S311 - repeatable
    for number in range(300):
        asset = factories.asset(tag=f"PC-{number}", notes=f"note {random.random()}")
        auditing.record(
            "asset.created", asset, by=Actor(None, "li"), at=utcnow(), after={"n": number}
        )
    for number in range(20):
        factories.attachment(random.randbytes(40_000), code=f"{number:032}")
    db.session.commit()
    path = tmp_path / "sound.db"
    with closing(pysqlite3.connect(db.engine.url.database)) as source:
        source.execute("VACUUM INTO ?", (str(path),))
    return path


def everything(path):
    """Return what a reader gets of a file: every row of every table; None where that fails."""
    try:
        with closing(pysqlite3.connect(path)) as connection:
            connection.text_factory = bytes
            names = [name.decode() for (name,) in connection.execute(TABLES)]
            asked = {name: f'SELECT * FROM "{name}"' for name in names}  # noqa: S608 - our own names
            return {name: connection.execute(text).fetchall() for name, text in asked.items()}
    except pysqlite3.DatabaseError:
        return None


def finder(path):
    """Return who finds a fault of a file: the start, the restore test, or nobody."""
    try:
        with opening.opened(f"sqlite:///{path}") as engine:
            soundness.refuse_damaged(engine)
    except Misconfigured:
        return "start"
    try:
        sqlite_copy.opened(path).close()
        with opening.connected(f"sqlite:///{path}") as connection:
            contents.refuse_altered(connection)
    except (Damaged, pysqlite3.DatabaseError):
        return "restore test"
    return "nobody"


def test_f9_a_flipped_byte_is_found_or_changes_nothing_or_is_counted(
    sound, tmp_path, full, record_property
):
    whole, good, random = sound.read_bytes(), everything(sound), Random(9)  # noqa: S311 - repeatable
    assert finder(sound) == "nobody"
    found = {"start": 0, "restore test": 0, "harmless": 0, "nobody": 0}
    for _ in range(full(200)):
        path = tmp_path / "flipped.db"
        for old in tmp_path.glob("flipped.db*"):
            old.unlink()
        content = bytearray(whole)
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
        by = finder(path)
        if by == "nobody" and everything(path) == good:
            by = "harmless"
        found[by] += 1
    record_property("found", found)
    shutil.rmtree(tmp_path, ignore_errors=True)
    seen = found["start"] + found["restore test"]
    assert seen / max(1, seen + found["nobody"]) >= LEAST_FOUND, found
