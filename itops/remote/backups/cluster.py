"""A PostgreSQL server that lives for one restore: own account, socket only, limited, no admin.

The dump is restored by a role that is no superuser into a database of its own: it can't read
files, start programs or load libraries. The server listens on no network, has a folder of its own
and may use so much memory, time and disk.
"""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from itops.clock import monotonic
from itops.remote.backups import programs
from itops.remote.backups.faults import CannotLook, OutOfTime
from itops.remote.backups.programs import Account
from itops.remote.backups.scratch import Scratch

#: The role that restores and answers, and the one that only makes it.
ROLE, MAKER, DATABASE = "restored", "maker", "restored"
#: A copy that is thrown away needs no care for power cuts.
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "10",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "logging_collector": "off",
    "lc_messages": "C",
}
START_SECONDS = 60.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Cluster:
    """A running server: its socket's folder, the programs' account, and its version."""

    socket: Path
    who: Account
    version: int

    def connect(self, role: str = ROLE, database: str = DATABASE) -> "psycopg.Connection[Any]":
        """Return a connection, in which each statement stands by itself."""
        return psycopg.connect(
            host=str(self.socket),
            port=int(OPTIONS["port"]),
            user=role,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )


@contextmanager
def cluster(place: Scratch, who: Account, *, seconds: float) -> Iterator[Cluster]:
    """Give an empty server in a throw-away folder; end it in any case."""
    ends = monotonic() + seconds
    data = place.inner / "data"
    arguments = ["-D", str(data), "-U", MAKER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    made = programs.run(
        [programs.program("initdb"), *arguments, "--no-sync", "--no-instructions"],
        who=who,
        folder=place.inner,
        seconds=min(START_SECONDS, seconds),
    )
    if made.code != 0:
        raise CannotLook(why=made.said[-200:])
    settings = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    settings += ["-c", f"unix_socket_directories={place.inner}"]
    server = [programs.program("postgres"), "-D", str(data), *settings]
    running = _started(server, place, who)
    try:
        socket = Cluster(place.inner, who, _wait(running, place, who, ends))
        _make_role(socket, seconds=ends - monotonic())
        yield socket
    finally:
        programs.kill(running)


def _started(server: list[str], place: Scratch, who: Account) -> "subprocess.Popen[bytes]":
    with (place.place / "log").open("wb") as log:
        command = programs.bounded(server)
        return programs.begin(command, who=who, folder=place.inner, words=log)


def _wait(running: "subprocess.Popen[bytes]", place: Scratch, who: Account, ends: float) -> int:
    """Wait until the server answers. Return its version."""
    last, pause = min(ends, monotonic() + START_SECONDS), threading.Event()
    while monotonic() < last and running.poll() is None:
        try:
            with Cluster(place.inner, who, 0).connect(MAKER, "postgres") as connection:
                return connection.info.server_version
        except psycopg.OperationalError:
            pause.wait(LOOK_SECONDS)
    if running.poll() is None:
        raise OutOfTime(program="postgres")
    log = (place.place / "log").read_text("utf-8", "replace")
    raise CannotLook(why=log[-200:])


def _make_role(made: Cluster, *, seconds: float) -> None:
    limit = sql.Literal(max(1, int(seconds * 1000)))
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    rights = "NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION"
    orders = (
        sql.SQL("CREATE ROLE {} LOGIN {}").format(role, sql.SQL(rights)),
        sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(role, limit),
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, role),
    )
    with made.connect(MAKER, "postgres") as connection:
        for each in orders:
            connection.execute(each)
    owned = sql.SQL("ALTER SCHEMA public OWNER TO {}").format(role)
    with made.connect(MAKER) as connection:
        connection.execute(owned)
