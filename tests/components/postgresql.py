"""A real PostgreSQL server in a throw-away cluster, with a database for each worker."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.components import folder, free_port, missing, one_at_a_time, program

NAME = "postgresql"
#: The database that others are copied from.
MIGRATED = "itops_migrated"
PLACES = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
#: Nothing here has to survive a power cut, and forty tests wait for it.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def running() -> str:
    """Return the address of the server that all workers share, started by the first to ask."""
    with one_at_a_time(NAME) as place:
        address = place / "address"
        if not address.exists():
            address.write_text(start(place))
        return address.read_text()


def start(place: Path) -> str:
    """Start a server in `place`. Return its address without a database's name."""
    if not program("pg_ctl", *PLACES):
        missing("PostgreSQL")
    place.mkdir()
    if os.getuid() == 0:
        subprocess.run(["chown", "postgres", str(place)], check=True)
    port = free_port()
    made = ["-D", str(place / "data"), "-U", "postgres", "-A", "trust"]
    tool("initdb", *made, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place} {FAST}"
    tool("pg_ctl", "-D", str(place / "data"), "-w", "-o", options, "-l", f"{place}/log", "start")
    return f"postgresql://postgres@127.0.0.1:{port}"


def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's tools. As root, run it as `postgres`: a server refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    path = program(name, *PLACES)
    subprocess.run(
        [*user, str(path), *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )


def stop() -> None:
    data = folder() / NAME / "data"
    if (data / "postmaster.pid").exists():
        tool("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def empty_database(name: str) -> str:
    """Make an empty database called `name`, in place of an older one. Return its address."""
    address = running()
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    return f"{address}/{name}"


def migrated_database(address: str, migrate: Callable[[str], None]) -> None:
    """Fill the database of `address`, empty until now, with a copy of one that was migrated once.

    To migrate takes seconds, to copy a tenth of one.
    """
    with one_at_a_time(f"{NAME}-migrated") as made:
        if not made.exists():
            migrate(empty_database(MIGRATED))
            made.touch()
    server, _, name = address.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{MIGRATED}"'.encode())


@pytest.fixture
def fill_postgresql() -> Callable[[str, Callable[[str], None]], None]:
    return migrated_database


@pytest.fixture
def postgresql_url(worker_id: str) -> str:
    """Give an empty PostgreSQL database of this worker's own."""
    return empty_database(f"itops_{worker_id}")
