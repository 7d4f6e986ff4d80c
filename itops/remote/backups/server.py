"""A PostgreSQL server in a folder of its own: started, reached through its socket, ended.

It listens on no network and may use so much memory and time.
"""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

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
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Cluster:
    """A running server: its socket's folder, the programs' account, and its version."""

    socket: Path
    who: Account
    version: int

    def connect(self, role: str = ROLE) -> "psycopg.Connection[Any]":
        """Return a connection, in which each statement stands by itself."""
        return psycopg.connect(
            host=str(self.socket),
            port=int(OPTIONS["port"]),
            user=role,
            dbname=DATABASE,
            autocommit=True,
            connect_timeout=10,
        )


@contextmanager
def serving(data: Path, place: Scratch, who: Account, *, ends: float) -> Iterator[Cluster]:
    """Run a server on the cluster in `data` until the block is left; end it in any case.

    It listens in `place.inner`; a statement gets the time that is left until `ends`.
    """
    limit = max(1, int((ends - monotonic()) * 1000))
    options = OPTIONS | {
        "unix_socket_directories": str(place.inner),
        "statement_timeout": str(limit),
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = programs.bounded([programs.program("postgres"), "-D", str(data), *settings])
    with (place.place / "log").open("wb") as log:
        running = programs.begin(command, who=who, folder=place.inner, words=log)
    try:
        yield _answering(running, place, who, ends)
    finally:
        programs.kill(running)


def _answering(
    running: "subprocess.Popen[bytes]", place: Scratch, who: Account, ends: float
) -> Cluster:
    """Wait until a server answers. Return it."""
    made = Cluster(place.inner, who, 0)
    last, pause = min(ends, monotonic() + START_SECONDS), threading.Event()
    while monotonic() < last and running.poll() is None:
        try:
            with made.connect(MAKER) as connection:
                return replace(made, version=connection.info.server_version)
        except psycopg.OperationalError:
            pause.wait(LOOK_SECONDS)
    if running.poll() is None:
        raise OutOfTime(program="postgres")
    log = (place.place / "log").read_text("utf-8", "replace")
    raise CannotLook(why=log[-200:])
