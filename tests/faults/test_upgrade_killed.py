"""F17: an upgrade that is killed leaves the old schema or the new one, and every row."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from itops import create_app, sqlite
from itops.config import Settings
from itops.db import db
from itops.services import upgrading
from itops.setting_texts import database_url as sqlalchemy_url
from tests.components.postgresql import empty_database

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]
SITES = 50


@pytest.fixture
def database(database_url, tmp_path):
    """A database at the first revision with some rows, which can be had again."""
    made = Database(database_url, tmp_path)
    made.keep()
    return made


class Database:
    def __init__(self, url, folder):
        self.url, self.folder = url, folder
        app = create_app(Settings(data_dir=folder, database_url=sqlalchemy_url(url)))
        with app.app_context():
            with upgrading.schema_connection(db.engine) as connection:
                command.upgrade(upgrading.alembic_config(connection), "0001")
                for number in range(SITES):
                    connection.execute(text(ADD_SITE), {"name": f"站点{number}"})
            db.engine.dispose()

    @property
    def path(self):
        return Path(self.url.removeprefix("sqlite:///"))

    def keep(self):
        """Keep it as it is now."""
        if self.url.startswith("sqlite"):
            shutil.copyfile(self.path, self.folder / "kept.db")
            return
        name = self.url.rpartition("/")[2]
        empty_database(f"{name}_kept")
        self._copy(name, f"{name}_kept")

    def put_back(self):
        """Make it again what it was."""
        if self.url.startswith("sqlite"):
            for path in self.folder.glob(f"{self.path.name}*"):
                path.unlink()
            shutil.copyfile(self.folder / "kept.db", self.path)
            return
        name = self.url.rpartition("/")[2]
        self._copy(f"{name}_kept", name)

    def _copy(self, old, new):
        server = self.url.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{new}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{new}" TEMPLATE "{old}"'.encode())

    def schema(self):
        """Return the revision and every column; the rows must be there."""
        module = {"module": sqlite.module()} if self.url.startswith("sqlite") else {}
        engine = create_engine(sqlalchemy_url(self.url), **module)
        try:
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM site")) == SITES
                found = inspect(connection).get_multi_columns()
                columns = {
                    (table, one["name"]) for (_, table), rows in found.items() for one in rows
                }
                return connection.scalar(text("SELECT version_num FROM alembic_version")), columns
        finally:
            engine.dispose()

    def upgrading(self):
        return subprocess.Popen(
            [sys.executable, "-m", "itops", "db", "upgrade"],
            env={
                **os.environ,
                "ITOPS_DATA_DIR": str(self.folder),
                "ITOPS_DATABASE_URL": self.url,
                "PYTHONPATH": str(Path.cwd()),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


ADD_SITE = "INSERT INTO site (name, name_en, kind, is_demo) VALUES (:name, '', 'clinic', false)"


def test_f17_an_upgrade_that_is_killed_leaves_the_old_schema_or_the_new(database, full):
    old = database.schema()
    began = time.monotonic()
    assert database.upgrading().wait(120) == 0
    edge = time.monotonic() - began
    new = database.schema()
    assert new[0] == upgrading.newest_revision() != old[0]
    random = Random(17)  # noqa: S311 - repeatable
    ends: list[tuple[str, set[tuple[str, str]]]] = []
    while len(ends) < full(40) or old not in ends:
        database.put_back()
        process = database.upgrading()
        try:
            process.wait(random.uniform(0.6, 1.0) * edge)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        ends.append(database.schema())
        assert ends[-1] in (old, new)
        edge *= 1.2 if ends[-1] == old else 0.7  # stays near the moment of the commit
    assert database.upgrading().wait(120) == 0
    assert database.schema() == new
