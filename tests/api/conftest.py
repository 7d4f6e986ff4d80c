"""What tests of the machine entrances ask for."""

import pytest

from tests.api.reporting import Agent


@pytest.fixture
def agent(client):
    """An approved machine that is about to report."""
    return Agent(client)
