"""A PostgreSQL server in a folder of its own: started, reached through its socket, ended.

It listens on no network and may use so much memory, time and disk.
"""

import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from itops.clock import monotonic
from itops.remote.backups import programs
from itops.remote.backups.faults import CannotLook, NoRoom, OutOfTime
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
START_SECONDS, END_SECONDS = 60.0, 10.0
LOOK_SECONDS, WATCH_SECONDS = 0.01, 0.5
#: A copy that grows may not take the room in which others write, itops' own database among them.
LEAST_ROOM = 256 << 20


@dataclass(frozen=True)
class Cluster:
    """A running server: its socket's folder, the programs' account, and its version."""

    socket: Path
    who: Account
    version: int

    @property
    def url(self) -> str:
        """Its database's address, as SQLAlchemy wants it."""
        where = {"host": str(self.socket), "port": OPTIONS["port"]}
        made = URL.create("postgresql+psycopg", username=ROLE, database=DATABASE, query=where)
        return made.render_as_string(hide_password=False)

    def connect(self, role: str = ROLE, options: str = "") -> "psycopg.Connection[Any]":
        """Return a connection, in which each statement stands by itself."""
        return psycopg.connect(
            host=str(self.socket),
            port=int(OPTIONS["port"]),
            user=role,
            dbname=DATABASE,
            autocommit=True,
            connect_timeout=10,
            options=options,
        )


@contextmanager
def serving(
    data: Path, place: Scratch, who: Account, *, ends: float, least_room: int
) -> Iterator[Cluster]:
    """Run a server on the cluster in `data` until the block is left; end it in any case.

    It listens in `place.inner`, until `ends` at most and while `least_room` is free on the disk.
    """
    options = OPTIONS | {"unix_socket_directories": str(place.inner)}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [programs.program("postgres"), "-D", str(data), *settings]
    with (place.place / "log").open("wb") as log:
        running = programs.begin(command, who=who, folder=place.inner, words=log)
    with _Watch(running, place, ends, least_room):
        yield _answering(running, place, who, ends)


class _Watch(threading.Thread):
    """Ends a server with its block, and before that where its time or the disk's room runs out.

    A dump can take away every limit that is the restoring role's own, and its views and policies
    run when they are asked: what must hold is held from outside.
    """

    def __init__(
        self, running: "subprocess.Popen[bytes]", place: Scratch, ends: float, least_room: int
    ) -> None:
        super().__init__(name="restore-watch", daemon=True)
        self._running, self._place = running, place
        self._ends, self._least_room = ends, least_room
        self._over = threading.Event()
        self._why: CannotLook | None = None

    def __enter__(self) -> "_Watch":
        self.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """End the server; what failed because it was ended before is told by that reason."""
        self._over.set()
        self.join()
        if error is not None and self._why is not None:
            raise self._why from error

    def run(self) -> None:
        while self._why is None and not self._over.wait(WATCH_SECONDS):
            free = shutil.disk_usage(self._place.inner).free
            if free < self._least_room:
                self._why = NoRoom(free_bytes=free)
            elif monotonic() > self._ends:
                self._why = OutOfTime(program="postgres")
        _end(self._running)


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End a server at once, but by itself: a killed one leaves shared memory behind for good."""
    running.send_signal(signal.SIGQUIT)
    with suppress(subprocess.TimeoutExpired):
        running.wait(END_SECONDS)
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
