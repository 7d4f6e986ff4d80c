"""Real dumps of a real database, made once for all tests: custom, plain and packed."""

import gzip
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.components import one_at_a_time, program
from tests.components.postgresql import PLACES, empty_database

ROWS = 20_000
OWNER = "lis_owner"


@dataclass(frozen=True)
class Dumps:
    """The same database three times, and once more with half of its rows."""

    custom: Path
    plain: Path
    packed: Path
    halved: Path


def made() -> Dumps:
    """Return the dumps, made by the first worker that asks."""
    with one_at_a_time("dumps") as place:
        found = Dumps(
            *(place / name for name in ("lis.dump", "lis.sql", "lis.sql.gz", "half.dump"))
        )
        if not place.exists():
            url = _filled("lis_source")
            place.mkdir()
            _dump(url, found)
        return found


def _filled(name: str) -> str:
    url = empty_database(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {OWNER}")
        connection.execute(f"CREATE ROLE {OWNER}")
        connection.execute(
            "CREATE TABLE results (id serial PRIMARY KEY, value text NOT NULL,"
            " reported_at timestamptz NOT NULL)"
        )
        connection.execute("CREATE TABLE 检验项目 (code text PRIMARY KEY, name text)")
        connection.execute(
            "INSERT INTO 检验项目 VALUES ('WBC', E'白细胞 \\\\restrict x'), ('𠮷', '1')"
        )
        connection.execute(
            "INSERT INTO results (value, reported_at) SELECT md5(i::text),"
            " now() - (%(rows)s - i) * interval '1 second' FROM generate_series(1, %(rows)s) i",
            {"rows": ROWS},
        )
        connection.execute(f"ALTER TABLE results OWNER TO {OWNER}")
    return url


def _dump(url: str, into: Dumps) -> None:
    pg_dump = str(program("pg_dump", *PLACES))
    subprocess.run([pg_dump, "-Fc", "-f", str(into.custom), url], check=True)
    subprocess.run([pg_dump, "-f", str(into.plain), url], check=True)
    with into.plain.open("rb") as plain, gzip.open(into.packed, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM results WHERE id % 2 = 0")
    subprocess.run([pg_dump, "-Fc", "-f", str(into.halved), url], check=True)
    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE lis_source WITH (FORCE)")
        connection.execute(f"DROP ROLE {OWNER}")


@pytest.fixture(scope="session")
def dumps() -> Dumps:
    return made()
