"""What several tests of faults ask for."""

import pytest

from itops.db import db
from itops.remote.backups import own_database
from tests.api.reporting import Agent


@pytest.fixture
def agents(any_app):
    """Machines that are enrolled in the database that the server will serve."""
    made = [Agent(None, machine=letter * 64) for letter in "abcd"]
    for agent, letter in zip(made, "abcd", strict=True):
        agent.machine = letter * 64
    db.session.commit()
    db.engine.dispose()
    return made


@pytest.fixture
def elsewhere(database_url, tmp_path):
    """The address of a database that is not there yet; what is made of it is dropped."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'elsewhere' / 'itops.db'}"
        return
    yield f"{database_url}_elsewhere"
    with own_database.connected(database_url, database="postgres", autocommit=True) as server:
        found = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s",
            (f"{database_url.rpartition('/')[2]}\\_elsewhere%",),
        ).fetchall()
        for (name,) in found:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
