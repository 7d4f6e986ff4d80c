"""The guide for the night: each command of it is run as it stands there, in both languages."""

import shlex
from pathlib import Path

import pytest

from itops.db import db
from tests import factories
from tests.cli.test_commands import answer, folder, inside, itops

__all__ = ["folder", "inside", "itops"]
GUIDES = [Path("docs/guide/restore.md"), Path("docs/guide/restore.zh-CN.md")]
#: What can't be run here: it serves for ever, or needs another server.
NOT_RUN = ("itops run", "postgresql://")
PASSPHRASE = "three tired horses\n"


def commands(guide):
    lines = guide.read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    ")]


def test_both_languages_say_the_same_commands():
    assert commands(GUIDES[0]) == commands(GUIDES[1])


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_each_command_of_the_guide_works_in_its_order(
    itops, inside, folder, tmp_path_factory, guide
):
    factories.asset(tag="PC-1")
    db.session.commit()
    (folder / "master.key").write_text("QUJD\n")
    words = folder / "passphrase"
    words.write_text(PASSPHRASE)
    given = ["--passphrase-file", str(words)]
    copy = answer(itops("backup", "create", "--with-key", *given, "--json"))["file"]
    new = tmp_path_factory.mktemp("srv") / "itops"
    there = {
        "ITOPS_DATA_DIR": str(new),
        "ITOPS_RESTORE_DIR": str(tmp_path_factory.mktemp("scratch")),
    }
    run = 0
    for line in commands(guide):
        if not line.startswith("itops ") or any(one in line for one in NOT_RUN):
            continue
        typed = shlex.split(line.replace("$COPY", copy).replace("/srv/itops", str(new)))[1:]
        asked = [*typed, *given] if "--with-key" in typed else typed
        done = itops(*asked, **there)
        complains = typed[0] == "doctor"  # nothing runs yet
        assert done.exit_code == 0 or complains, (line, done.output)
        run += 1
    assert run == 6
    assert (new / "master.key").read_text() == "QUJD\n"
