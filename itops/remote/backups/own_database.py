"""Copying the database that we work on, while work goes on, together with what it held then."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pysqlite3
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from itops.remote.backups import programs
from itops.remote.backups.faults import CannotLook, Damaged

#: So many pages at a time; in between others get their turn, and somebody hears how far it is.
PAGES = 4_000
SECONDS = 3600.0

Found = TypeVar("Found")
Tell = Callable[[int, int], None]
Ask = Callable[[str], Sequence[Sequence[Any]]]


def copy_sqlite(database: Path, target: Path, count: Callable[[Ask], Found], tell: Tell) -> Found:
    """Copy a database as it is in one moment; return what `count` finds in that same moment.

    The transaction that reads stands from the first page to the last: without it SQLite begins
    anew whenever somebody else has written, and on a busy server it would never end.
    """
    address = f"{database.absolute().as_uri()}?mode=ro"
    with (
        closing(pysqlite3.connect(address, uri=True, isolation_level=None)) as source,
        closing(pysqlite3.connect(str(target), isolation_level=None)) as copy,
    ):
        try:
            copy.execute("PRAGMA synchronous=OFF")  # the archive is what goes to the disk
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_schema").fetchone()  # the moment begins with this
            found = count(lambda asked: source.execute(asked).fetchall())
            source.backup(
                copy, pages=PAGES, progress=lambda _s, left, all_: tell(all_ - left, all_)
            )
            source.execute("ROLLBACK")
        except pysqlite3.DatabaseError as error:
            raise Damaged("tool_says", why=str(error)[:200]) from None
    return found


def dump_postgresql(url: str, target: Path, count: Callable[[Ask], Found]) -> Found:
    """Let pg_dump write the database as it is in one moment; count in that same moment."""
    tool = programs.program("pg_dump")
    with connected(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = count(lambda asked: connection.execute(asked.encode()).fetchall())
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = str(row[0]) if row else ""
        told(url, [tool, "-Fc", "-Z1", f"--snapshot={snapshot}", "-f", str(target)])
    return found


def load_postgresql(url: str, dump: Path) -> None:
    """Let pg_restore fill an empty database, in one transaction. Raise Damaged if it can't."""
    tool = programs.program("pg_restore")
    options = ["--no-owner", "--no-privileges", "--no-comments", "--exit-on-error"]
    try:
        told(url, [tool, *options, "--single-transaction", str(dump)])
    except CannotLook as fault:
        raise Damaged("tool_says", why=fault.message.params["why"]) from None


@contextmanager
def connected(url: str, *, database: str = "", autocommit: bool = False) -> Iterator[Any]:
    """Yield a connection to a PostgreSQL database, or to another one of its server."""
    where = make_url(url)
    place, password = conninfo(url, database=database), where.password
    try:
        with psycopg.connect(
            place, password=str(password) if password else None, autocommit=autocommit
        ) as connection:
            yield connection
    except psycopg.Error as error:
        raise CannotLook(why=str(error).strip()[-200:]) from None


def told(url: str, command: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs on a database. Raise CannotLook with what it complains of.

    The password goes by the environment, never by argument: everybody sees those.
    """
    password = make_url(url).password
    given = {"PGPASSWORD": str(password)} if password else {}
    ended = subprocess.run(  # noqa: S603 - an argument list of our own, no shell
        [*command, "-d", conninfo(url)],
        env={**programs.SURROUNDINGS, **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        umask=0o077,
    )
    if ended.returncode:
        raise CannotLook(why=ended.stderr.decode("utf-8", "replace").strip()[-200:])


def conninfo(url: str, *, database: str = "") -> str:
    """Return where a database is, as PostgreSQL's programs want it, without the password."""
    where = make_url(url)
    named: dict[str, Any] = {"host": where.host, "port": where.port, "user": where.username}
    named |= {"dbname": database or where.database, **where.query}
    return make_conninfo("", **{name: value for name, value in named.items() if value})


def sync(path: Path) -> None:
    """Bring a file's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
