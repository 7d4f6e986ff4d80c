"""Bringing the database to this version's schema: a copy first, then all of it or nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from itops.db import Base
from itops.errors import Misconfigured
from itops.services import code_tables
from itops.services.audit import guards
from itops.services.search import index as search_index

MIGRATIONS = Path(__file__).parent.parent / "migrations"
#: A revision's own name and that of the one before it, as Alembic writes them.
REVISION = re.compile(r"""(?m)^((?:down_)?revision)\b[^=]*= (?:"(\w+)"|None)$""")
#: Any number: PostgreSQL's lock that only one upgrade at a time holds.
UPGRADE_LOCK = 7264

#: Makes a copy of a database before it is changed, given its revision.
Copy = Callable[[str], Path]


@dataclass(frozen=True)
class Upgraded:
    """The revision that a database came from, None for an empty one, and the copy made of it."""

    before: str | None
    copy: Path | None


def upgrade(engine: Engine, *, copy: Copy | None = None) -> Upgraded | None:
    """Bring the database to the newest schema; return None if there was nothing to do.

    `copy` is told the revision of a database that is not new, and returns where it put a copy of
    it: without one, nothing is changed. Raise Misconfigured for a database that a newer version of
    itops has upgraded.
    """
    with engine.connect() as connection:
        current = current_revision(connection)
    if current == newest_revision():
        return None
    if current is not None and current not in known_revisions():
        raise Misconfigured("upgrade.database_is_newer", revision=current)
    made = copy(current) if copy and current is not None else None
    # Alembic takes half a second and 10 MiB: only a start that has something to do waits for it.
    from alembic import command  # noqa: PLC0415

    with schema_connection(engine) as connection:
        command.upgrade(alembic_config(connection), "head")
        search_index.settle(connection)
        code_tables.settle(connection)
        guards.settle(connection)
        check(connection)
    return Upgraded(current, made)


def newest_revision() -> str | None:
    """Return the revision that this version's models are at."""
    revisions = known_revisions()
    return next(iter(revisions.keys() - set(revisions.values())), None)


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None if it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def known_revisions() -> dict[str, str | None]:
    """Return every revision that this version can upgrade from, with the one before it."""
    found = {}
    for path in (MIGRATIONS / "versions").glob("*.py"):
        written = dict(REVISION.findall(path.read_text("utf-8")))
        found[written["revision"]] = written["down_revision"] or None
    return found


def alembic_config(connection: Connection) -> Any:
    """Return Alembic's settings for working on `connection`."""
    from alembic.config import Config  # noqa: PLC0415 - see `upgrade`

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def schema_connection(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one transaction in which tables may be changed.

    On SQLite foreign keys are off: batch mode's DROP TABLE would fire ON DELETE CASCADE.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if is_sqlite and raw is not None:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not is_sqlite:
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
                yield connection
        finally:
            if is_sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


def check(connection: Connection) -> None:
    """Raise Misconfigured, which undoes the upgrade, if what came of it is not sound and ours."""
    if connection.dialect.name == "sqlite":
        broken = broken_reference(connection)
        if broken:
            raise Misconfigured("upgrade.broken_reference", table=broken)
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if answer != "ok":
            raise Misconfigured("upgrade.not_sound", answer=str(answer)[:200])
    missing = missing_column(connection)
    if missing:
        raise Misconfigured("upgrade.differs", name=missing)


def missing_column(connection: Connection) -> str | None:
    """Return a column of the models that the database does not have, if there is one."""
    there = inspect(connection).get_multi_columns()
    columns = {table: {one["name"] for one in found} for (_, table), found in there.items()}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name not in columns.get(table.name, ()):
                return f"{table.name}.{column.name}"
    return None


def broken_reference(connection: Connection) -> str | None:
    """Return an SQLite table in which a row points at one that is gone, if there is one."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return str(broken[0]) if broken else None
