"""Restoring a copy of our own SQLite database where nothing is served from it, and counting it."""

import shutil
from pathlib import Path

import pysqlite3

from itops.clock import monotonic
from itops.remote.backups.faults import Damaged
from itops.remote.backups.programs import Account
from itops.remote.backups.restoring import COUNT_SECONDS, COUNT_SHARE, STEPS, Order, Restored, Tell
from itops.remote.backups.scratch import scratch

#: Tables of people's and machines' facts: not SQLite's own, and not the search's.
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)


def restore(order: Order, who: Account, tell: Tell = lambda _step: None) -> Restored:
    """Copy a database to a throw-away place, open it there, read and count it, wipe it.

    Raise Damaged if it doesn't open whole. It is our own, so it is read under our own account.
    """
    marks = [monotonic()]
    tell(0)
    with scratch(order.root, who, needs_bytes=order.dump.stat().st_size) as place:
        marks.append(monotonic())
        tell(1)
        copy = place.place / "copy.db"
        shutil.copyfile(order.dump, copy)
        connection = _opened(copy)
        try:
            marks.append(monotonic())
            tell(2)
            budget = max(COUNT_SECONDS, COUNT_SHARE * (marks[2] - marks[1]))
            rows, uncounted = _count(connection, monotonic() + budget)
        finally:
            connection.close()
        marks.append(monotonic())
        tell(3)
    marks.append(monotonic())
    steps = {name: marks[at + 1] - marks[at] for at, name in enumerate(STEPS)}
    return Restored((), rows, uncounted, steps, ran_as=who.name, is_own_account=True)


def _opened(copy: Path) -> pysqlite3.Connection:
    """Open a restored copy as the server would, and read every page and every reference of it."""
    connection = pysqlite3.connect(copy)
    try:
        answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    except pysqlite3.DatabaseError as error:
        connection.close()
        raise Damaged("tool_says", why=str(error)[:200]) from None
    if answer == "ok" and astray is None:
        return connection
    connection.close()
    why = answer if answer != "ok" else f"foreign key of {astray[0]}"
    raise Damaged("tool_says", why=why[:200])


def _count(connection: pysqlite3.Connection, ends: float) -> tuple[dict[str, int], int]:
    """Return the rows of each table while there is time, and how many tables are left."""
    names = [str(row[0]) for row in connection.execute(TABLES)]
    rows: dict[str, int] = {}
    for name in names:
        if monotonic() > ends:
            break
        counted = 'SELECT count(*) FROM "{}"'.format(name.replace('"', '""'))  # noqa: S608 - quoted
        rows[name] = int(connection.execute(counted).fetchone()[0])
    return rows, len(names) - len(rows)
