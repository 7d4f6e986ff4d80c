"""What several tests of faults ask for."""

import pytest

from itops.db import db
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
