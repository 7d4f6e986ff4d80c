"""`itops orders`: the list as JSON and as a table, and making what is due."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from itops.cli import main
from itops.db import db
from tests.services.maintenance.planned import TODAY, order, plan


@pytest.fixture
def run(shared_app, app, monkeypatch):
    """Run a command on the test's own installation."""
    monkeypatch.setenv("ITOPS_DATA_DIR", str(shared_app.config["ITOPS"].data_dir))
    monkeypatch.setenv("LANGUAGE", "en")

    def call(*words: str) -> str:
        db.session.commit()
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == 0, answer.output
        return answer.output

    return call


def test_the_list_is_one_array_with_what_is_due_first_first(run):
    later, sooner = order(due_on=TODAY), order(due_on=TODAY - timedelta(days=2))
    found = json.loads(run("orders", "list", "--json"))
    assert [one["number"] for one in found] == [sooner.number, later.number]
    assert found[0]["status"] == "open"
    assert found[0]["proof"] is None
    assert sooner.number in run("orders", "list", "--shelf", "overdue")


def test_making_makes_what_is_due_once(run):
    plan(starts_on=TODAY - timedelta(days=30), recurrence="FREQ=DAILY;INTERVAL=120")
    assert "1 order made" in run("orders", "make")
    assert "0 orders made" in run("orders", "make")
