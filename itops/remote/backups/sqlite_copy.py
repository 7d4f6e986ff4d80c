"""Opening a restored copy of our own SQLite database, where nothing is served from it."""

from pathlib import Path

import pysqlite3

from itops.remote.backups.faults import Damaged


def opened(copy: Path) -> pysqlite3.Connection:
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
