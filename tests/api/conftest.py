"""What tests of the machine entrances ask for: they run on SQLite and on PostgreSQL."""

import pytest

from tests.api.reporting import Agent
from tests.conftest import Client


@pytest.fixture
def client(any_app):
    """A client of an app on either database, whose writer is stopped at the end."""
    any_app.testing = True
    any_app.test_client_class = Client
    yield any_app.test_client()
    any_app.extensions["reports"].writer.close()


@pytest.fixture
def agent(client):
    """An approved machine that is about to report."""
    return Agent(client)
