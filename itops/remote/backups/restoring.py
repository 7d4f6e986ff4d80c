"""Restoring a PostgreSQL dump into a throw-away server, and asking the copy what was promised."""

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

import psycopg
from psycopg import sql

from itops.checks.backups.assertions import Answer, Assertion
from itops.clock import monotonic
from itops.errors import ItopsError
from itops.remote.backups import programs
from itops.remote.backups.cluster import cluster
from itops.remote.backups.faults import Damaged, NoTool, TooNew
from itops.remote.backups.programs import Account
from itops.remote.backups.reading import TAIL_BYTES, Format, format_of, refuse_open_end
from itops.remote.backups.scratch import scratch
from itops.remote.backups.server import DATABASE, LEAST_ROOM, OPTIONS, ROLE, Cluster
from itops.remote.backups.streams import open_gzip

#: What a dump complains of when its owners are not here, which says nothing against its data.
HARMLESS = re.compile(
    r'role "[^"]*" does not exist'
    r"|must be (?:owner|member) of (?:extension|role|schema) "
    r"|(?:permission denied|must be superuser) to (?:create extension|set parameter)"
    r"|unrecognized configuration parameter"
    r"|no privileges (?:were granted|could be revoked)"
)
ERROR = re.compile(r"(?:ERROR|FATAL|PANIC):\s+(.*)")
#: Of the time that restoring took, so much is spent on counting rows.
COUNT_SHARE, COUNT_SECONDS = 0.05, 2.0
#: What pg_dump writes for psql: before the first statement, and behind its last word. In between
#: the same letters are somebody's data.
FIRST = re.compile(rb"\A((?:--[^\n]*\n|[ \t\r]*\n)*)\\restrict [A-Za-z0-9]+\s*\n")
LAST = re.compile(
    rb"(\n-- PostgreSQL database (?:cluster )?dump complete\n[-\s]*)\\unrestrict \w+\s*\Z"
)
HEAD_BYTES = 4096
#: A dump may have set these for its role or database; for us they are as here.
ASKING = "-c datestyle=ISO -c client_encoding=UTF8 -c default_transaction_read_only=on"

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Order:
    """Which dump is restored where, what is asked, and the time and room that it may take."""

    dump: Path
    root: Path
    asked: tuple[Assertion, ...] = ()
    seconds: float = 4 * 3600.0
    #: Bytes that stay free on the disk.
    least_room: int = LEAST_ROOM


@dataclass(frozen=True)
class Restored:
    """What came of it: the answers, rows by table, seconds by step, complaints that don't count."""

    answers: tuple[Answer, ...]
    rows: Mapping[str, int]
    #: Tables that were not counted for want of time.
    uncounted: int
    seconds: Mapping[str, float]
    complaints: tuple[str, ...] = ()
    server_version: int = 0
    ran_as: str = ""
    is_own_account: bool = False

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())


#: The steps of a test, in their order.
STEPS = ("prepare", "restore", "ask", "wipe")


def restore(order: Order, tell: Tell = lambda _step: None) -> Restored:
    """Restore a dump, ask it, wipe it. `tell` hears which step begins.

    Raise Damaged if the dump can't be restored, CannotLook if nobody can say.
    """
    who, began, marks = programs.account(), monotonic(), [monotonic()]
    kind, ends = format_of(order.dump), began + order.seconds
    tell(0)
    with (
        scratch(order.root, who, needs_bytes=order.dump.stat().st_size) as place,
        cluster(place, who, seconds=order.seconds, least_room=order.least_room) as server,
    ):
        marks.append(monotonic())
        tell(1)
        complaints = load(order.dump, kind, server, ends)
        marks.append(monotonic())
        tell(2)
        answers, rows, uncounted = _question(server, order.asked, marks[2] - marks[1])
        marks.append(monotonic())
        tell(3)
    marks.append(monotonic())
    steps = {name: marks[at + 1] - marks[at] for at, name in enumerate(STEPS)}
    return Restored(
        answers, rows, uncounted, steps, complaints, server.version, who.name, who.is_other
    )


def _question(
    server: Cluster, asked: Sequence[Assertion], seconds: float
) -> tuple[tuple[Answer, ...], dict[str, int], int]:
    """Return the answers, and rows by table as far as the time for counting goes."""
    budget = max(COUNT_SECONDS, COUNT_SHARE * seconds)
    try:
        with server.connect(options=ASKING) as connection:
            answers = tuple(_ask(connection, one) for one in asked)
            known = {
                _path(one.assertion.table): one.rows for one in answers if one.rows is not None
            }
            return answers, *_count(connection, known, monotonic() + budget)
    except psycopg.Error as error:
        raise Damaged("tool_says", why=str(error).strip()[-200:]) from error


def load(dump: Path, kind: Format, server: Cluster, ends: float) -> tuple[str, ...]:
    """Feed the dump to the server. Return the complaints that don't count."""
    if kind is Format.CUSTOM_DUMP:
        tool = [programs.program("pg_restore"), "--no-owner", "--no-privileges", "--no-comments"]
        with dump.open("rb") as file:
            ended = _fed([*tool, *_where(server)], file, server, ends)
    elif kind in (Format.PLAIN_DUMP, Format.GZIP_DUMP):
        ended = _load_plain(dump, kind, server, ends)
    else:
        raise Damaged("not_a_dump")
    if "unsupported version" in ended.said:
        raise TooNew(why=ended.said.strip()[-200:])
    complaints = tuple(dict.fromkeys(ERROR.findall(ended.said)))
    serious = [one for one in complaints if not HARMLESS.search(one)]
    if serious:
        raise Damaged("tool_says", why=serious[0][:200])
    if ended.code != 0 and not complaints:
        raise Damaged("tool_says", why=ended.said.strip()[-200:])
    return complaints


def _where(server: Cluster) -> list[str]:
    return ["-h", str(server.socket), "-p", OPTIONS["port"], "-U", ROLE, "-d", DATABASE]


def _fed(arguments: list[str], file: IO[bytes], server: Cluster, ends: float) -> programs.Ended:
    left = ends - monotonic()
    return programs.run(arguments, who=server.who, folder=server.socket, seconds=left, given=file)


def _load_plain(dump: Path, kind: Format, server: Cluster, ends: float) -> programs.Ended:
    """Feed a plain dump to psql, which takes no command of its own from it: SQL alone."""
    tool = programs.program("psql")
    refuse_unrestricted(tool, server.who)
    psql = [tool, "-X", "-q", "-v", "ON_ERROR_STOP=0", *_where(server)]
    running = programs.begin(psql, who=server.who, folder=server.socket, given=subprocess.PIPE)
    entrance, running.stdin = running.stdin, None
    fault: list[Exception] = []
    feeder = threading.Thread(target=_feed, args=(entrance, dump, kind, fault), name="restore-feed")
    feeder.start()
    try:
        ended = programs.finish(running, seconds=ends - monotonic())
    finally:
        feeder.join()
    if fault:
        raise fault[0]
    return ended


@cache
def refuse_unrestricted(psql: str, who: Account) -> None:
    r"""Raise NoTool if psql is from before August 2025: to it, \restrict is only a wrong word."""
    asked = [psql, "--help=commands"]
    told = programs.run(asked, who=who, folder=Path("/"), seconds=30, output=subprocess.PIPE)
    if r"\restrict" not in told.printed:
        raise NoTool(program=r"psql \restrict")


def _feed(entrance: Any, dump: Path, kind: Format, fault: list[Exception]) -> None:
    r"""Write the dump behind a \restrict of our own, without those of its maker, to psql."""
    # Where psql ends or is ended, its own words say why.
    with suppress(BrokenPipeError), entrance:
        try:
            with open_gzip(dump) if kind is Format.GZIP_DUMP else dump.open("rb") as file:
                entrance.write(b"\\restrict %s\n" % token_hex(16).encode())
                entrance.write(FIRST.sub(rb"\1", file.read(HEAD_BYTES)))
                shutil.copyfileobj(_WithoutEnd(file), entrance, 1 << 20)
        except (ItopsError, OSError) as error:
            if not isinstance(error, BrokenPipeError):
                fault.append(error)


class _WithoutEnd:
    r"""A stream without the maker's \unrestrict, which stands in its last lines alone.

    psql takes rows that end in the middle for all rows, so the end has to be pg_dump's own.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._kept = b""

    def read(self, size: int = 1 << 20) -> bytes:
        block: bytes = self._file.read(size)
        if block:
            held = self._kept + block
            self._kept = held[-TAIL_BYTES:]
            return held[:-TAIL_BYTES] or self.read(size)
        rest, self._kept = self._kept, b""
        if rest:
            refuse_open_end(rest)
        return LAST.sub(rb"\1", rest)


def _ask(connection: "psycopg.Connection[Any]", asked: Assertion) -> Answer:
    """Return what the copy answers; only counts and one moment come back, never a row."""
    try:
        if asked.least is not None:
            return Answer(asked, rows=_rows(connection, *_path(asked.table)))
        newest = sql.SQL("SELECT pg_catalog.max({}) FROM {}")
        names = sql.Identifier(asked.column), sql.Identifier(*_path(asked.table))
        row = connection.execute(newest.format(*names)).fetchone()
        return Answer(asked, newest=_moment(row[0] if row else None))
    except psycopg.Error as error:
        return Answer(asked, error=str(error).strip().split("\n")[0][:200])


def _rows(connection: "psycopg.Connection[Any]", schema: str, table: str) -> int:
    counted = sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(sql.Identifier(schema, table))
    row = connection.execute(counted).fetchone()
    return int(row[0]) if row else 0


def _path(table: str) -> tuple[str, str]:
    schema, _, name = table.rpartition(".")
    return (schema or "public", name)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return None


def _count(
    connection: "psycopg.Connection[Any]", known: Mapping[tuple[str, str], int], ends: float
) -> tuple[dict[str, int], int]:
    """Return the rows of each table, the largest first, while there is time; and how many not.

    What was asked before is `known` and not read again.
    """
    tables = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND"
        " n.nspname <> 'information_schema'"
        " ORDER BY pg_catalog.pg_table_size(c.oid) DESC, 1, 2"
    ).fetchall()
    rows: dict[str, int] = {}
    for schema, name in tables:
        if (schema, name) in known:
            rows[f"{schema}.{name}"] = known[schema, name]
        elif monotonic() <= ends:
            rows[f"{schema}.{name}"] = _rows(connection, schema, name)
    return rows, len(tables) - len(rows)
