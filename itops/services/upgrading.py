"""Bringing the database to this version's schema: a copy first, then all of it or nothing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from itops.errors import Misconfigured
from itops.services import code_tables, search_index

MIGRATIONS = Path(__file__).parent.parent / "migrations"
#: Any number: PostgreSQL's lock that only one upgrade at a time holds.
UPGRADE_LOCK = 7264


def upgrade(engine: Engine) -> bool:
    """Bring the database to the newest schema; return whether there was anything to do.

    Raise Misconfigured for a database that a newer version of itops has upgraded.
    """
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == newest_revision():
        return False
    if current is not None and current not in known_revisions():
        raise Misconfigured("upgrade.database_is_newer", revision=current)
    if current is not None and engine.dialect.name == "sqlite":
        copy_file(engine, current)
    with schema_connection(engine) as connection:
        command.upgrade(alembic_config(connection), "head")
        search_index.settle(connection)
        code_tables.settle(connection)
    return True


def newest_revision() -> str | None:
    """Return the revision that this version's models are at."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def known_revisions() -> set[str]:
    """Return every revision that this version can upgrade from."""
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's settings for working on `connection`."""
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
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
                yield connection
                if is_sqlite:
                    check_references(connection)
        finally:
            if is_sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


def check_references(connection: Connection) -> None:
    """Raise Misconfigured, which undoes the upgrade, if a row points at one that is gone."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken:
        raise Misconfigured("upgrade.broken_reference", table=broken[0])


def copy_file(engine: Engine, revision: str) -> Path:
    """Copy an SQLite database beside itself before it is changed; return where."""
    source = Path(str(engine.url.database))
    target = source.with_name(f"{source.stem}.before-{revision}{source.suffix}")
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        shutil.copyfile(source, target)
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN")
    target.chmod(0o600)
    return target
