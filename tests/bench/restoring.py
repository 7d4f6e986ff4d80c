"""A restore test beside the tool's own restore: the same dump, the same server's settings."""

import gzip
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from itops.checks.backups.assertions import parse
from itops.remote.backups import programs
from itops.remote.backups.cluster import ARGUMENTS, ORDERS, cluster
from itops.remote.backups.restoring import Order, Restored, restore
from itops.remote.backups.scratch import Scratch, scratch
from itops.remote.backups.server import DATABASE, MAKER, OPTIONS, ROLE, Cluster

#: A laboratory's results as a county hospital keeps them, with the indexes that they have.
TABLES = """
CREATE TABLE items (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE results (
    id bigserial PRIMARY KEY, patient text NOT NULL, item text NOT NULL, value text NOT NULL,
    unit text NOT NULL, reference text NOT NULL, reported_by text NOT NULL,
    reported_at timestamptz NOT NULL
);
INSERT INTO items SELECT 'I' || n, '检验项目' || n FROM generate_series(1, 800) n;
INSERT INTO results (patient, item, value, unit, reference, reported_by, reported_at)
    SELECT 'P' || (n::bigint * 7919 % 400000), 'I' || (n % 800),
        round((random() * 300)::numeric, 2), '10^9/L', '3.50-9.50', '张伟',
        now() - ({rows} - n) * interval '10 seconds'
    FROM generate_series(1, {rows}) n;
CREATE INDEX ON results (patient, reported_at);
CREATE INDEX ON results (reported_at);
"""
ASKED = "results >= {rows}\nresults.reported_at within 24h"
SECONDS = 600.0


@dataclass(frozen=True)
class Dump:
    """A dump of so many rows; `is_packed` for SQL in gzip instead of pg_dump's own format."""

    path: Path
    rows: int
    is_packed: bool = False


def dumps(folder: Path, rows: int, *, also_sql: bool = False) -> list[Dump]:
    """Return the dumps of a new database."""
    made = [Dump(folder / f"{rows}.dump", rows)]
    with _server(folder / "source") as (_place, server):
        with server.connect() as connection:
            connection.execute(TABLES.format(rows=rows).encode())
        tool = [programs.program("pg_dump"), *_where(server)]
        with made[0].path.open("wb") as file:
            subprocess.run([*tool, "-Fc"], stdout=file, check=True)
        if also_sql:
            made.append(Dump(folder / f"{rows}.gz", rows, is_packed=True))
            _pack(tool, made[1].path)
    return made


def _pack(tool: list[str], path: Path) -> None:
    plain = subprocess.Popen(tool, stdout=subprocess.PIPE)
    assert plain.stdout is not None
    with gzip.open(path, "wb", 6) as packed:
        shutil.copyfileobj(plain.stdout, packed)
    assert plain.wait() == 0


def ours(folder: Path, dump: Dump) -> Restored:
    """Make a whole restore test, as the product does."""
    asked = parse(ASKED.format(rows=dump.rows))
    return restore(Order(dump.path, folder / "ours", asked))


def tool_alone(folder: Path, dump: Dump) -> float:
    """Return the seconds of the tool alone, into a server that is there and has our settings."""
    with _server(folder / "theirs") as (_place, server):
        return _seconds(lambda: _restored(dump, server.socket))


def by_hand(folder: Path, dump: Dump) -> float:
    """Return the seconds of making such a server, restoring into it, ending and removing it."""
    with scratch(folder / "hand", programs.account(), needs_bytes=0) as place:
        return _seconds(lambda: _all_by_hand(place, dump))


def _all_by_hand(place: Scratch, dump: Dump) -> None:
    data = place.inner / "data"
    _as_other(place, "initdb", "-D", str(data), *ARGUMENTS, "--no-instructions")
    options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in OPTIONS.items())
    options += f" -c unix_socket_directories={place.inner}"
    control = ("pg_ctl", "-D", str(data), "-w")
    _as_other(place, *control, "-o", options, "-l", str(place.inner / "log"), "start")
    psql = [programs.program("psql"), "-q", "-h", str(place.inner), "-U", MAKER, "postgres"]
    for order in ORDERS["postgres"]:
        subprocess.run([*psql, "-c", order], check=True)
    _restored(dump, place.inner)
    _as_other(place, *control, "-m", "immediate", "stop")
    shutil.rmtree(data)


def _as_other(place: Scratch, name: str, *words: str) -> None:
    command = [programs.program(name), *words]
    ended = programs.run(command, who=programs.account(), folder=place.inner, seconds=SECONDS)
    assert ended.code == 0, ended.said


def _restored(dump: Dump, socket: Path) -> None:
    where = ["-h", str(socket), "-p", OPTIONS["port"], "-U", ROLE, "-d", DATABASE]
    if not dump.is_packed:
        tool = [programs.program("pg_restore"), "--no-owner", *where, str(dump.path)]
        subprocess.run(tool, check=True)
        return
    unpack = subprocess.Popen(["/bin/gzip", "-dc", str(dump.path)], stdout=subprocess.PIPE)
    psql = [programs.program("psql"), "-X", "-q", *where]
    subprocess.run(psql, stdin=unpack.stdout, stdout=subprocess.DEVNULL, check=True)
    assert unpack.wait() == 0


@contextmanager
def _server(root: Path) -> Iterator[tuple[Scratch, Cluster]]:
    who = programs.account()
    with (
        scratch(root, who, needs_bytes=0) as place,
        cluster(place, who, seconds=SECONDS) as server,
    ):
        yield place, server


def _where(server: Cluster) -> list[str]:
    return ["-h", str(server.socket), "-p", OPTIONS["port"], "-U", ROLE, "-d", DATABASE]


def _seconds(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began
