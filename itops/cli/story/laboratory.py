"""The story's laboratory system: a real PostgreSQL with a small database, and its dumps."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import psycopg

from itops.cli.story.programs import Process, free_port, program, run
from itops.clock import monotonic
from itops.errors import Refused

#: PostgreSQL does not run as root; Debian's package brings this account.
ACCOUNT = "postgres"
SAMPLES = 4_000
START_SECONDS = 30.0
#: Each sample has three results, the newest of a minute ago.
TABLES = """
CREATE TABLE samples (id integer PRIMARY KEY, taken_at timestamptz NOT NULL);
CREATE TABLE results (
    sample_id integer REFERENCES samples, item text, value numeric, reported_at timestamptz
);
INSERT INTO samples SELECT n, now() - (4000 - n) * interval '1 minute'
    FROM generate_series(1, 4000) n;
INSERT INTO results SELECT id, item, (id * 7 % 90) / 10.0, taken_at
    FROM samples, unnest(ARRAY['WBC', 'HGB', 'PLT']) item;
"""


@dataclass
class Laboratory:
    """A server for the laboratory's database, in a folder of its own."""

    folder: Path
    dumps: Path
    port: int = field(default_factory=free_port)
    process: Process | None = None

    def start(self) -> None:
        self.folder.mkdir(mode=0o755)
        self.dumps.mkdir(mode=0o755)
        if os.getuid() == 0:
            _give(self.folder)
        data = str(self.folder / "data")
        made = ["-D", data, "-U", "lis", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        run([*_as_account(), program("initdb"), *made, "--no-sync"])
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "fsync=off"]
        options.append(f"unix_socket_directories={self.folder}")
        words = [word for option in options for word in ("-c", option)]
        command = [*_as_account(), program("postgres"), "-D", data, *words]
        self.process = Process(command, self.dumps.parent / "laboratory.log").start()
        self.process.wait_for_port(self.port)
        with self._connect("postgres") as connection:
            connection.execute("CREATE DATABASE lis")
        with self._connect("lis") as connection:
            connection.execute(TABLES)

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        """Connect once the server has started up; its port is open a little before."""
        until = monotonic() + START_SECONDS
        while True:
            try:
                return psycopg.connect(f"{self.address}/{database}", autocommit=True)
            except psycopg.OperationalError:
                if monotonic() > until:
                    raise
                sleep(0.1)

    @property
    def address(self) -> str:
        return f"postgresql://lis@127.0.0.1:{self.port}"

    def dump(self, name: str, *, keeps: float = 1.0) -> Path:
        """Write a dump as the nightly job does; `keeps` less than 1 cuts its end off."""
        target = self.dumps / name
        part = target.with_suffix(".part")
        run([program("pg_dump"), "-Fc", "-f", str(part), f"{self.address}/lis"])
        if keeps < 1:
            os.truncate(part, int(part.stat().st_size * keeps))
        part.chmod(0o644)
        part.replace(target)
        return target

    def stop(self) -> None:
        if self.process:
            self.process.stop()


def _as_account() -> list[str]:
    return ["runuser", "-u", ACCOUNT, "--"] if os.getuid() == 0 else []


def _give(folder: Path) -> None:
    import pwd  # noqa: PLC0415 - there is none on Windows

    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise Refused("story.missing", packages="postgresql") from None
    os.chown(folder, account.pw_uid, account.pw_gid)
