"""`itops checks` and `itops secrets`: what they print, and that a rotation loses nothing."""

import json

import pytest
from click.testing import CliRunner

from itops.app import create_app
from itops.checks.base import State
from itops.cli import main
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import AuditEntry, Credential
from itops.services.checking import secrets
from itops.services.secrets import sealing
from tests import factories
from tests.cli.test_commands import folder, itops  # noqa: F401 - fixtures
from tests.services.checking.conftest import port, working  # noqa: F401 - a fixture
from tests.views.checking.test_checks import seen


@pytest.fixture
def inside(folder):  # noqa: F811 - the fixture
    """Look at the installation's database, beside the commands."""
    app = create_app(Settings(data_dir=folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_checks_are_listed_worst_first_as_json_and_for_people(inside, itops):  # noqa: F811
    seen(factories.check(name="gut"), State.OK)
    seen(factories.check(name="schlecht"), State.CRITICAL)
    db.session.commit()
    found = json.loads(itops("checks", "list", "--json").stdout)
    assert [(one["name"], one["state"]) for one in found] == [
        ("schlecht", "critical"),
        ("gut", "ok"),
    ]
    assert found[0]["reason"] == "The machine answers, but nothing listens on this port"
    assert "schlecht" in itops("checks", "list").stdout
    assert json.loads(itops("checks", "list", "--state", "ok", "--json").stdout)[0]["name"] == "gut"


def test_a_check_is_run_by_the_background_and_printed(inside, itops, port):  # noqa: F811
    check = factories.check(params={"port": port}, due_at=None)
    db.session.commit()
    with working(inside):
        printed = itops("checks", "run", str(check.id), "--json", "--wait", "30")
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.stdout)[0]["state"] == "ok"


def test_running_what_is_not_there_or_not_answered_says_so(inside, itops):  # noqa: F811
    check = factories.check(due_at=utcnow())
    db.session.commit()
    assert "There is no check 77" in itops("checks", "run", "77").stderr
    late = itops("checks", "run", str(check.id), "--wait", "0")
    assert (late.exit_code, "itops worker" in late.stderr) == (1, True)


def test_a_rotation_seals_all_with_a_new_key_and_loses_nothing(inside, itops):  # noqa: F811
    first = factories.credential(secret="eins")
    factories.credential(secret="zwei")
    old = sealing.key_id(first.sealed)
    db.session.commit()

    done = itops("secrets", "rotate")

    assert "2 secrets are sealed" in done.stdout
    db.session.expire_all()
    rows = db.session.query(Credential).order_by(Credential.id).all()
    assert [secrets.opened(row) for row in rows] == ["eins", "zwei"]
    assert {row.sealed_by for row in rows} == {sealing.keyring().known()[0].id.hex()}
    assert old != sealing.key_id(rows[0].sealed)
    assert db.session.query(AuditEntry).one().action == "secrets.rotated"
    db.session.commit()
    listed = json.loads(itops("secrets", "list", "--json").stdout)
    assert [(one["is_here"], one["secrets"]) for one in listed] == [(True, 2), (True, 0)]


def test_a_missing_key_is_told(inside, itops, tmp_path):  # noqa: F811
    factories.credential()
    db.session.commit()
    (tmp_path / sealing.FILE).unlink()
    listed = json.loads(itops("secrets", "list", "--json").stdout)
    assert [(one["is_here"], one["secrets"]) for one in listed] == [(False, 1)]
    assert "1 stored secret can't be read" in itops("doctor").stdout
    assert itops("secrets", "rotate").exit_code == 1


def test_the_commands_stand_in_the_help():
    printed = CliRunner().invoke(main, ["--help"]).stdout
    assert "checks" in printed
    assert "secrets" in printed
