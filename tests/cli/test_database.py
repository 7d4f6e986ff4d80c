"""`itops db` and `itops search`: upgrades by hand, and looking whether the database is whole."""

import json
import sqlite3
from contextlib import closing

import pytest
from alembic import command

from itops import create_app
from itops.cli.lock import hold
from itops.config import Settings
from itops.db import db
from itops.services import upgrading
from itops.services.archives import archive
from tests import factories
from tests.cli.test_commands import answer, folder, inside, itops

__all__ = ["folder", "inside", "itops"]


@pytest.fixture
def old(tmp_path):
    """A folder whose database is at the first revision."""
    made = tmp_path / "old"
    app = create_app(Settings(data_dir=made))
    with app.app_context():
        with upgrading.schema_connection(db.engine) as connection:
            command.upgrade(upgrading.alembic_config(connection), "0001")
        db.engine.dispose()
    return made


def states(result):
    return {found["check"]: found["state"] for found in json.loads(result.stdout)}


def write(folder, *statements):
    with closing(sqlite3.connect(folder / "itops.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_new_folder_gets_its_database_and_a_second_upgrade_does_nothing(itops, tmp_path):
    there = {"ITOPS_DATA_DIR": str(tmp_path / "new")}
    newest = upgrading.newest_revision()
    first = answer(itops("db", "upgrade", "--json", **there))
    assert first == {"before": None, "revision": newest, "copy": None}
    assert answer(itops("db", "upgrade", "--json", **there))["before"] == newest
    assert "nothing to do" in itops("db", "upgrade", **there).stdout


def test_an_older_database_waits_is_copied_and_upgraded(itops, old):
    there = {"ITOPS_DATA_DIR": str(old)}
    waiting = itops("db", "check", "--json", **there)
    assert (waiting.exit_code, states(waiting)["schema"]) == (1, "warning")
    told = itops("db", "upgrade", **there).stdout
    assert f"0001 → {upgrading.newest_revision()}" in told
    (copy,) = (old / "backups").iterdir()
    assert str(copy) in told
    assert archive.manifest_of(copy).revision == "0001"
    assert states(itops("db", "check", "--json", **there))["schema"] == "ok"


def test_without_a_copy_nothing_is_upgraded_unless_somebody_says_so(itops, old):
    there = {"ITOPS_DATA_DIR": str(old)}
    (old / "backups").write_text("a file where the folder should be")
    refused = itops("db", "upgrade", **there)
    assert refused.exit_code == 1
    assert "nothing was changed" in refused.stderr
    assert states(itops("db", "check", "--json", **there))["schema"] == "warning"
    assert itops("db", "upgrade", "--without-copy", **there).exit_code == 0
    assert states(itops("db", "check", "--json", **there))["schema"] == "ok"


def test_an_upgrade_beside_a_running_server_is_refused(itops, folder):
    with hold(folder):
        refused = itops("db", "upgrade")
    assert refused.exit_code == 1
    assert "in use by another itops server" in refused.stderr


def test_a_database_of_a_newer_version_is_refused_and_said_to_be_one(itops, folder):
    write(folder, "UPDATE alembic_version SET version_num = '9999'")
    assert itops("db", "upgrade").exit_code == 1
    looked = itops("db", "check", "--json")
    assert (looked.exit_code, states(looked)["newer"]) == (2, "critical")


def test_a_check_finds_a_reference_to_what_is_gone(itops, folder):
    assert states(itops("db", "check", "--json"))["references"] == "ok"
    write(
        folder, "INSERT INTO host_spool (host_id, spool, high_water, gaps) VALUES (9, 'a', 0, '[]')"
    )
    looked = itops("db", "check")
    assert looked.exit_code == 2
    assert "Rows of host_spool refer to something that is gone" in looked.stdout


def test_the_search_index_is_made_anew(itops, inside):
    factories.asset(tag="PC-77")
    db.session.commit()
    db.session.execute(db.text("DELETE FROM asset_words"))
    db.session.commit()
    assert "One thing can be found" in itops("search", "rebuild").stdout
    assert answer(itops("search", "rebuild", "--json")) == {"things": 1}
    assert db.session.scalar(db.text("SELECT count(*) FROM asset_words")) == 1
