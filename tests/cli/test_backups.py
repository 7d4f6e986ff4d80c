"""`itops backup`: what it makes, lists, proves and puts back, as a person types it at night."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from itops.cli.lock import hold
from itops.db import db
from tests import factories
from tests.cli.test_commands import answer, folder, inside, itops

__all__ = ["folder", "inside", "itops"]
PASSPHRASE = "three tired horses\n"


def tags(database):
    with closing(sqlite3.connect(database)) as connection:
        return [tag for (tag,) in connection.execute("SELECT tag FROM asset")]


def test_a_copy_is_made_listed_proven_and_put_back(itops, inside, folder, tmp_path_factory):
    factories.asset(tag="PC-1")
    db.session.commit()
    made = answer(itops("backup", "create", "--json"))
    assert (made["rows"]["asset"], made["has_keys"]) == (1, False)
    (listed,) = answer(itops("backup", "list", "--json"))
    assert (listed["file"], listed["size_bytes"]) == (made["file"], made["size_bytes"])
    assert made["file"] in itops("backup", "list").stdout
    scratch = {"ITOPS_RESTORE_DIR": str(tmp_path_factory.mktemp("scratch"))}
    assert (
        answer(itops("backup", "verify", made["file"], "--json", **scratch))["rows"]["asset"] == 1
    )
    assert "holds what it should" in itops("backup", "verify", made["file"], **scratch).stdout
    new = tmp_path_factory.mktemp("new")
    told = itops("backup", "restore", made["file"], "--to", str(new))
    assert "There is no master.key" in told.stdout
    assert tags(new / "itops.db") == ["PC-1"]


def test_a_copy_replaces_what_is_there_only_on_demand_and_never_beside_a_server(
    itops, inside, folder
):
    made = answer(itops("backup", "create", "--json"))
    factories.asset(tag="PC-2")
    db.session.commit()
    db.session.remove()
    db.engine.dispose()
    words = ("backup", "restore", made["file"], "--to", str(folder))
    refused = itops(*words)
    assert refused.exit_code == 1
    assert "there is a database already" in refused.stderr
    with hold(folder):
        assert "in use by another itops server" in itops(*words, "--replace").stderr
    assert tags(folder / "itops.db") == ["PC-2"]
    done = answer(itops(*words, "--replace", "--json"))
    assert tags(folder / "itops.db") == []
    assert tags(done["aside"]) == ["PC-2"]


def test_keys_go_along_under_a_passphrase_only(itops, folder, tmp_path_factory):
    (folder / "master.key").write_text("QUJD\n")
    words = tmp_path_factory.mktemp("words") / "passphrase"
    words.write_text(PASSPHRASE)
    given = ("--with-key", "--passphrase-file", str(words))
    made = answer(itops("backup", "create", *given, "--json"))
    assert made["has_keys"]
    new = tmp_path_factory.mktemp("new")
    told = itops("backup", "restore", made["file"], "--to", str(new), *given)
    assert told.exit_code == 0, told.output
    assert (new / "master.key").read_text() == "QUJD\n"
    again = itops("backup", "restore", made["file"], "--to", str(new), *given)
    assert "there are keys already" in again.stderr
    words.write_text("three wired horses")
    wrong = itops("backup", "restore", made["file"], "--to", str(new), *given, "--replace")
    assert "not the passphrase" in wrong.stderr


def test_a_copy_without_keys_has_none_to_give_and_no_copy_is_said_to_be_none(itops, folder):
    made = answer(itops("backup", "create", "--json"))
    words = ("--to", str(folder / "new"), "--with-key", "--passphrase-file", "-")
    assert "holds no keys" in itops("backup", "restore", made["file"], *words).stderr
    nothing = folder / "nothing.zip"
    nothing.write_text("nothing")
    for command in (
        ("verify", str(nothing)),
        ("restore", str(nothing), "--to", str(folder / "new")),
    ):
        refused = itops("backup", *command)
        assert refused.exit_code == 1
        assert len(refused.stderr.splitlines()) == 1


def test_a_copy_into_another_folder_is_made_while_nothing_is_there_yet(itops, folder, tmp_path):
    made = json.loads(itops("backup", "create", "--to", str(tmp_path / "usb"), "--json").stdout)
    assert made["file"].startswith(str(tmp_path / "usb"))


def test_who_is_called_at_night_reads_the_time_on_the_wall(itops, folder):
    itops("backup", "create")
    made_at = json.loads(itops("backup", "list", "--json").stdout)[0]["made_at"]
    wall = datetime.fromisoformat(made_at).astimezone(ZoneInfo("Asia/Shanghai"))
    words = f"{wall:%Y-%m-%d %H:%M:%S} Asia/Shanghai"
    assert words in itops("backup", "list").stdout
    (copy,) = (folder / "backups").glob("*.zip")
    assert words in itops("backup", "restore", str(copy), "--to", str(folder / "new")).stdout
