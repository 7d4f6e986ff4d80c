"""SQLite as we run it: the library that we trust, durable settings, one writer at a time."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pysqlite3
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

#: How long who wants to write waits for who writes, where somebody waits for the answer.
BUSY_SECONDS = 10
#: And where nobody does: what failed would only be done again.
PATIENT_SECONDS = 60
#: How often who waits for another process looks. SQLite itself comes to look ten times a second
#: and never meets the moment between two transactions of who writes on and on.
LOOK_SECONDS = 0.0005
#: Releases of SQLite that can corrupt a WAL database when two connections checkpoint and write.
WAL_RESET_FIXED = (3, 51, 3)
WAL_RESET_BACKPORTS = {(3, 44, 6), (3, 50, 7)}


class WriteGate:
    """Lets one writer of this process at a time begin a transaction; the next starts at once.

    SQLite itself lets them wait by sleeping, each time longer, so that a busy database stands still
    between two transactions. What other processes write it still waits for in its own way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: Any = None

    def enter(self, connection: Any, seconds: float) -> float:
        """Wait for our turn; return how many of the seconds are left to wait for other processes.

        Who waits too long tries all the same, and SQLite says "locked".
        """
        if self._lock.acquire(blocking=False):
            self._holder = connection
            return seconds
        until = time.monotonic() + seconds
        if self._lock.acquire(timeout=seconds):
            self._holder = connection
        return max(0.0, until - time.monotonic())

    def leave(self, connection: Any) -> None:
        """Let the next one in, if this connection was in."""
        if self._holder is connection:
            self._holder = None
            self._lock.release()

    def guard(self, dialect: Any) -> None:
        """Leave at the end of every transaction of `dialect`, however it ends."""
        commit, rollback, close = dialect.do_commit, dialect.do_rollback, dialect.do_close

        def do_commit(connection: Any) -> None:
            commit(connection)
            self.leave(connection.dbapi_connection)

        def do_rollback(connection: Any) -> None:
            try:
                rollback(connection)
            finally:
                self.leave(connection.dbapi_connection)

        def do_close(connection: Any) -> None:
            try:
                close(connection)
            finally:
                self.leave(connection)

        dialect.do_commit, dialect.do_rollback, dialect.do_close = do_commit, do_rollback, do_close


def prepare(
    engine: Engine, *, reads_only: Callable[[], bool], seconds: Callable[[], float]
) -> None:
    """Set up the connections of an engine.

    `reads_only` says how a transaction is to begin, `seconds` how long it waits for its turn.
    """
    event.listen(engine, "connect", _prepare_connection)
    gate = WriteGate()
    gate.guard(engine.dialect)
    event.listen(engine, "begin", partial(_begin, gate, reads_only, seconds))


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    wal = "WAL" if wal_is_safe(version()) else "TRUNCATE"
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        f"journal_mode={wal}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16384",
        "temp_store=MEMORY",
        # Where many hosts report, a page is written to the log often before it is to the file.
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(
    gate: WriteGate,
    reads_only: Callable[[], bool],
    seconds: Callable[[], float],
    connection: Connection,
) -> None:
    if reads_only():
        connection.exec_driver_sql("BEGIN")
        return
    raw: Any = connection.connection.dbapi_connection
    left = gate.enter(raw, seconds())
    try:
        _begin_within(left, connection, raw)
    except BaseException:
        gate.leave(raw)
        raise


def _begin_within(seconds: float, connection: Connection, raw: Any) -> None:
    """Begin to write, waiting so long at most for other processes."""
    until = time.monotonic() + seconds
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until and not _has_begun(raw):
            time.sleep(LOOK_SECONDS)
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _has_begun(raw: Any) -> bool:
    """Try to begin; return whether we may write now. What else goes wrong is found once more."""
    try:
        # A deferred BEGIN that turns to writing fails at once, however long it may wait.
        raw.execute("BEGIN IMMEDIATE")
    except pysqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
    return True


def give_way() -> None:
    """Let who waits in another process write first; for who writes on and on, piece by piece."""
    time.sleep(2 * LOOK_SECONDS)


def is_broken(error: BaseException | None) -> bool:
    """Whether an error means that what is in memory may not be what is on the disk.

    What the kernel could not write it may have thrown away: only a fresh start reads the truth.
    """
    text = str(error).lower()
    return "i/o error" in text or "malformed" in text


def stop_when_broken(engine: Engine, stop: Callable[[], None]) -> None:
    """Call `stop` after the first such error of any connection, and begin nothing from then on."""
    broken = threading.Event()

    def look(context: Any) -> None:
        if is_broken(context.original_exception) and not broken.is_set():
            broken.set()
            stop()

    def refuse(_connection: Connection) -> None:
        if broken.is_set():
            raise OperationalError("BEGIN", None, pysqlite3.OperationalError("disk I/O error"))

    event.listen(engine, "handle_error", look)
    event.listen(engine, "begin", refuse, insert=True)


def module() -> Any:
    """Return the driver with the SQLite that we trust; CPython's own is older."""
    return pysqlite3.dbapi2


def version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use, for instance (3, 53, 4)."""
    return tuple(pysqlite3.sqlite_version_info)


def wal_is_safe(found: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset race (fixed in 3.51.3 and two back-ports)."""
    return found >= WAL_RESET_FIXED or found in WAL_RESET_BACKPORTS
