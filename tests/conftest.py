"""What every test can ask for: an app on a migrated database, a client signed in as a role."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from itops import create_app, setting_texts
from itops.auth import sessions
from itops.clock import utcnow
from itops.config import Settings
from itops.db import Base, db
from itops.models import Role
from itops.services import code_tables, installation
from itops.services.audit import guards
from itops.services.history import layouts
from itops.services.search import index as search_index
from itops.services.upgrading import upgrade
from tests import factories

pytest_plugins = [
    "tests.components.chromium",
    "tests.components.nut",
    "tests.components.postgresql",
    "tests.components.dumps",
    "tests.components.server",
    "tests.components.snmp",
    "tests.components.sshd",
    "tests.components.plugin",
]

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in the hospital


class Client(FlaskClient):
    """A client whose requests get an app context of their own, as in production.

    In the test's context they would share its session and its `g`: a view that forgot to commit
    would pass, and the second user of a test would be taken for the first.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        kwargs.setdefault("headers", {})
        if "Accept-Language" not in kwargs["headers"]:
            kwargs["headers"] = {**kwargs["headers"], "Accept-Language": "en"}
        if kwargs.get("method", "GET") not in {"GET", "HEAD"}:
            kwargs["headers"].setdefault("Sec-Fetch-Site", "same-origin")
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The folder of an app whose database is migrated and empty; each app gets a copy."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(Settings(data_dir=folder))
    with app.app_context():
        upgrade(db.engine)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def shared_app(migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    shutil.copy(migrated / "itops.db", folder)
    app = create_app(Settings(data_dir=folder, hospital="Test hospital"))
    app.testing = True
    app.test_client_class = Client
    return app


@pytest.fixture
def app(shared_app):
    """The app with an empty database, inside an app context for the test's own look at it."""
    with shared_app.app_context():
        yield shared_app
        db.session.remove()
        empty()


@pytest.fixture
def any_app(
    database_url: str, migrated: Path, fill_postgresql: Any, tmp_path: Path
) -> Iterator[Flask]:
    """Give an app on an empty, migrated database; on both with @pytest.mark.both_databases."""
    if database_url.startswith("sqlite"):
        shutil.copy(migrated / "itops.db", database_url.removeprefix("sqlite:///"))
    else:
        fill_postgresql(database_url, lambda address: migrate(address, tmp_path))
    app = create_app(
        Settings(data_dir=tmp_path, database_url=setting_texts.database_url(database_url))
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def migrate(database_url: str, folder: Path) -> None:
    """Migrate an empty database."""
    address = setting_texts.database_url(database_url)
    app = create_app(Settings(data_dir=folder, database_url=address))
    with app.app_context():
        upgrade(db.engine)
        db.engine.dispose()


def empty() -> None:
    """Leave only the shipped code tables; quicker than a new database for each test."""
    layouts.forget(db.engine)
    with db.engine.begin() as connection:
        search_index.clear(connection)
        guards.lift(connection)
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            # Written out: five thousand tests wait for it, and to compile each takes the most.
            for table in reversed(Base.metadata.sorted_tables):
                connection.exec_driver_sql(f'DELETE FROM "{table.name}"')  # noqa: S608
        else:
            names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        code_tables.settle(connection)
        guards.settle(connection)


@pytest.fixture
def client(app):
    """A browser that nobody has signed in on."""
    return app.test_client()


@pytest.fixture
def with_settings(app: Flask) -> Iterator[Callable[..., None]]:
    """Return what gives the app other settings until the test ends."""
    before: Settings = app.config["ITOPS"]

    def use(**given: Any) -> None:
        app.config["ITOPS"] = replace(before, **given)
        installation.set_up(db.engine, app.config["ITOPS"])

    yield use
    app.config["ITOPS"] = before
    installation.set_up(db.engine, before)


def signed_in_as(app: Flask, role: Role, **given: Any) -> Client:
    """Return a browser on which a new person with a role is signed in."""
    user = factories.user(role=role, **given)
    db.session.commit()
    client = app.test_client()
    assert isinstance(client, Client)
    with app.test_request_context():
        sessions.begin_session(user, at=utcnow())
        db.session.commit()
        token = session[sessions.TOKEN]
    with client.session_transaction() as cookie:
        cookie[sessions.TOKEN] = token
    return client


@pytest.fixture
def sign_in(app):
    """Given a role (and a site), return a browser on which a person with that role is signed in."""
    return partial(signed_in_as, app)
